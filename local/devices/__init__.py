"""Virtual Windows devices in the browser: `python -m local.devices`.

page_guard  keeps other web sites out, and makes the browser refuse markup from a payload
documents   payload XML as plain data, so that no browser ever parses it
backend     the product as a game client, an operator and another service see it
pieces      what the notifications of the game are made of
sample      something that happens in the game: `Sample`
samples     the four that the page can send, with their templates
examples    notifications to start from when writing one's own
game        the game that the devices have installed, set up by its operator
page_device what the page itself knows of a device
roster      the devices on the page: who is signed in, what the game does
views       what the page is told of a device and of what happens
relay       the WNS emulator's stream of events, for any number of pages
server      the page and its routes
page_server everything of this package, wired
"""

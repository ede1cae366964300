"""Virtual Windows devices in the browser: `python -m local.devices`.

page_guard  keeps other web sites out, and makes the browser refuse markup from a payload
documents   payload XML as plain data, so that no browser ever parses it
backend     the product as a game client, an operator and another service see it
samples     what the page can send, and the templates behind it
game        the game that the devices have installed, set up by its operator
roster      the devices on the page: who is signed in, what the game does
views       what the page is told of a device and of what happens
relay       the WNS emulator's stream of events, for any number of pages
server      the page and its routes
page_server everything of this package, wired
"""

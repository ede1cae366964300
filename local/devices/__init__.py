"""Virtual Windows devices in the browser: `python -m local.devices`.

page_guard  protection from other web sites and from markup in payloads
documents   payload XML as plain data, so that no browser ever parses it
backend     calls of the product, as a game client, an operator and another service make them
sample      an event of the game: `Sample`, and parts of notifications
samples     the four events that the page can send, with their templates
examples    notifications to start from when writing your own
game        the game that the devices have installed, and its setup as an app
page_device the page's own state of a device
roster      the devices on the page: players, game states, steps
views       devices and events as the page receives them
relay       the WNS emulator's events, for any number of pages
server      the page's routes
page_server the running server: the parts of this package wired together
"""

"""Exports of other push services to import, hostile lines included."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

HEADER = "player,device,channel_uri,locale,topics\n"
HOSTILE = (
    "player-1,pc,https://attacker.example/?token=x,en,\n",
    'player-1,pc,"https://wns2-par02p.notify.windows.com/?token=open quote\n',
    "player-1,pc,http://wns2-par02p.notify.windows.com/?token=x,en,\n",
    "player-1,pc,https://user@wns2-par02p.notify.windows.com/?token=x,en,\n",
    "player-1,pc,https://wns2-par02p.notify.windows.com.attacker.example/?token=x,en,\n",
    ",pc,https://wns2-par02p.notify.windows.com/?token=none,en,\n",
    "spaces in it,pc,https://wns2-par02p.notify.windows.com/?token=s,en,\n",
    "player-1,pc,https://wns2-par02p.notify.windows.com/w/?token=web-push,en,\n",
    "player-1,pc,https://wns2-par02p.notify.windows.com/?token=t,not_a_locale,\n",
    "player-1,pc,https://wns2-par02p.notify.windows.com/?token=u,en,TOPIC/with/slashes\n",
    "a,b,c,d,e,f,g,h\n",
    "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>\n",
    "=cmd|' /C calc'!A0,pc,,,\n",
    "\x00\x01\x02\n",
    f"player-1,pc,https://wns2-par02p.notify.windows.com/?token={'x' * 3000},en,\n",
)


def csv_lines(count: int, *, seed: int = 1, hostile_share: float = 0.05) -> Iterator[str]:
    """Yield the header and so many lines, some of them hostile, some with a channel of another
    line."""
    dice = random.Random(seed)
    yield HEADER
    for number in range(count):
        draw = dice.random()
        if draw < hostile_share:
            yield dice.choice(HOSTILE)
        elif draw < hostile_share + 0.02 and number:
            other = dice.randrange(number)
            yield f"thief-{number},pc,{uri(other)},en,\n"
        else:
            yield f"player-{number // 2},pc-{number % 2},{uri(number)},de-DE,clan-{number % 7}\n"


def uri(number: int) -> str:
    return f"https://wns2-par02p.notify.windows.com/?token=AwYAAA{number:08d}%3d"


def registration_xml(
    channel_uri: str, tags: str, kind: str = "WindowsRegistrationDescription"
) -> str:
    """Return a line of the hub's bulk export."""
    return (
        f'<{kind} xmlns:i="http://www.w3.org/2001/XMLSchema-instance"'
        ' xmlns="http://schemas.microsoft.com/netservices/2010/10/servicebus/connect">'
        "<ETag>1</ETag><ExpirationTime>9999-12-31T23:59:59.999</ExpirationTime>"
        "<RegistrationId>8247220326459738692-7748251457295609952-3</RegistrationId>"
        f"<Tags>{tags}</Tags><ChannelUri>{channel_uri}</ChannelUri></{kind}>"
    )


def endpoint(token: str, data: str = "player-1", *, enabled: str = "true") -> dict[str, object]:
    """Return an endpoint of an SNS platform application."""
    return {
        "EndpointArn": "arn:aws:sns:eu-west-1:123456789012:endpoint/WNS/game/0f1e2d3c",
        "Attributes": {"Token": token, "Enabled": enabled, "CustomUserData": data},
    }


def json_line(document: object) -> str:
    return json.dumps(document) + "\n"

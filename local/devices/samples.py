"""What the page can send: the events of a game, and the templates that give them their texts."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from local.devices.errors import DevicesError

if TYPE_CHECKING:
    from collections.abc import Mapping

ART = "ms-appx:///Assets/"
TOPIC = "weekly-tournament"
LONGEST_VALUE = 400


@dataclass(frozen=True, slots=True)
class Parameter:
    """A text that the sender chooses; `default` stands in the form at first."""

    name: str
    label: str
    default: str


@dataclass(frozen=True, slots=True)
class Sample:
    """An event of the game: filled by a template, or a notification given whole."""

    sample_id: str
    title: str
    shows: str
    parameters: tuple[Parameter, ...]
    template: Mapping[str, Any] = field(default_factory=dict)
    goes_to_topic: bool = False

    def content(self, given: Mapping[str, str]) -> dict[str, Any]:
        """The part of a request that says what to send.

        Raises: DevicesError for a parameter that does not exist or is too long.
        """
        values = {one.name: one.default for one in self.parameters}
        for name, value in given.items():
            if name not in values:
                raise DevicesError("unknown_parameter", f"{self.sample_id} has no '{name}'")
            if len(value) > LONGEST_VALUE:
                raise DevicesError("too_long", f"'{name}' may have {LONGEST_VALUE} characters")
            values[name] = value
        if self.template:
            return {"template": self.sample_id, "parameters": values}
        return {"notification": {"raw": {"text": json.dumps({"type": self.sample_id, **values})}}}

    def view(self) -> dict[str, Any]:
        return {
            "id": self.sample_id,
            "title": self.title,
            "shows": self.shows,
            "parameters": [
                {"name": one.name, "label": one.label, "default": one.default}
                for one in self.parameters
            ],
        }


def _template(english: dict[str, Any], **options: object) -> dict[str, Any]:
    return {"default_locale": "en-US", "options": options, "locales": {"en-US": english}}


def _styled(text: str, style: str, **more: object) -> dict[str, object]:
    return {"text": text, "style": style, **more}


def _challenge_tile(size: str) -> dict[str, Any]:
    texts: list[Any] = [
        _styled("${challenger}", "base"),
        _styled("challenges you", "captionSubtle"),
    ]
    if size != "medium":
        texts.append(_styled("${arena}, best of three", "captionSubtle", wrap=True))
    return {"content": texts, "background": {"src": f"{ART}duel.png", "overlay": 40}}


CHALLENGE = Sample(
    "challenge.received",
    "Challenge received",
    "Toast with a quick reply and buttons, badge, live tile",
    (
        Parameter("challenger", "From", "Alex"),
        Parameter("arena", "Arena", "Orbital Castle"),
        Parameter("waiting", "Challenges waiting", "1"),
    ),
    _template(
        {
            "toast": {
                "texts": ["${challenger} challenges you", "Best of three at ${arena}."],
                "attribution": "Ranked season 7",
                "app_logo": {
                    "src": f"{ART}pilot.png",
                    "alt": "Portrait of ${challenger}",
                    "crop": "circle",
                },
                "launch": "page=challenges",
                "header": {
                    "id": "challenges",
                    "title": "Challenges",
                    "arguments": "page=challenges",
                },
                "audio": {"src": "ms-winsoundevent:Notification.IM"},
                "inputs": [{"id": "reply", "place_holder_content": "Reply to ${challenger}"}],
                "buttons": [
                    {
                        "content": "Send",
                        "arguments": "action=reply",
                        "activation_type": "background",
                        "input_id": "reply",
                    },
                    {"content": "Accept", "arguments": "action=accept", "style": "Success"},
                    {
                        "content": "Decline",
                        "arguments": "action=decline",
                        "activation_type": "background",
                        "style": "Critical",
                    },
                ],
                "context_menu": [
                    {
                        "content": "Mute ${challenger}",
                        "arguments": "action=mute",
                        "activation_type": "background",
                    }
                ],
            },
            "badge": {"value": "${waiting}"},
            "tile": {
                "branding": "name",
                "small": {"background": f"{ART}duel.png"},
                "medium": _challenge_tile("medium"),
                "wide": _challenge_tile("wide"),
                "large": _challenge_tile("large"),
            },
        }
    ),
)

_RANKS = [
    {
        "subgroups": [
            {
                "weight": 70,
                "content": [
                    _styled("1  ${rival}", "body"),
                    _styled("2  You", "bodySubtle"),
                ],
            },
            {
                "weight": 30,
                "content": [
                    _styled("${score}", "body", align="right"),
                    _styled("${best}", "bodySubtle", align="right"),
                ],
            },
        ]
    }
]
HIGH_SCORE = Sample(
    "high-score.beaten",
    "High score beaten",
    "Toast with a picture and progress, glyph badge, ranking on the tile. Each replaces the one "
    "before; players who are in the game are left alone",
    (
        Parameter("rival", "Rival", "Kim"),
        Parameter("score", "New record", "12,480"),
        Parameter("best", "Your best", "11,900"),
        Parameter("share", "Your share of it (0 to 1)", "0.95"),
    ),
    _template(
        {
            "toast": {
                "texts": ["${rival} beat your high score", "Asteroid Run is theirs. For now."],
                "hero": {"src": f"{ART}high-score.png", "alt": "Asteroids in front of a planet"},
                "content": [
                    {
                        "title": "Asteroid Run",
                        "status": "Your best: ${best}",
                        "value": "${share}",
                        "value_string_override": "${score} to beat",
                    }
                ],
                "launch": "page=ranking&map=asteroid-run",
                "buttons": [
                    {"content": "Beat it", "arguments": "action=play&map=asteroid-run"},
                    "dismiss",
                ],
            },
            "badge": {"value": "alert"},
            "tile": {
                "branding": "name",
                "small": {"background": f"{ART}high-score.png"},
                "medium": {
                    "content": [
                        _styled("${score}", "subtitle"),
                        _styled("${rival} leads", "captionSubtle"),
                    ],
                    "peek": f"{ART}high-score.png",
                },
                "wide": {"content": ["Asteroid Run", *_RANKS]},
                "large": {
                    "content": [
                        {"src": f"{ART}high-score.png", "alt": "Asteroids"},
                        *_RANKS,
                    ]
                },
            },
        },
        tag="highscore",
        group="records",
        skip_players_in_game=True,
    ),
)

TOURNAMENT = Sample(
    "tournament.starts",
    "Tournament starts",
    "Reminder that stays on the screen, with snooze and dismiss. Goes to a topic where the API has "
    "topics",
    (
        Parameter("tournament", "Tournament", "Friday Night Orbit"),
        Parameter("minutes", "Minutes left", "15"),
    ),
    _template(
        {
            "toast": {
                "scenario": "reminder",
                "texts": ["${tournament}", "starts in ${minutes} minutes. 64 pilots are in."],
                "hero": {"src": f"{ART}tournament.png", "alt": "A golden cup above the stars"},
                "launch": "page=tournament",
                "header": {
                    "id": "tournaments",
                    "title": "Tournaments",
                    "arguments": "page=tournaments",
                },
                "audio": {"src": "ms-winsoundevent:Notification.Reminder"},
                "inputs": [
                    {
                        "id": "snooze",
                        "title": "Remind me again in",
                        "default_input": "5",
                        "selections": [
                            {"id": "1", "content": "1 minute"},
                            {"id": "5", "content": "5 minutes"},
                            {"id": "10", "content": "10 minutes"},
                        ],
                    }
                ],
                "buttons": [
                    {"activation_type": "system", "arguments": "snooze", "input_id": "snooze"},
                    "dismiss",
                ],
            },
            "badge": {"value": "alarm"},
        }
    ),
    goes_to_topic=True,
)

CLAN_MESSAGE = Sample(
    "clan.message",
    "Clan message",
    "Raw: nothing on the screen, data for the running game",
    (Parameter("from", "From", "Robin"), Parameter("text", "Message", "Raid tonight at nine?")),
)

SAMPLES = {one.sample_id: one for one in (CHALLENGE, HIGH_SCORE, TOURNAMENT, CLAN_MESSAGE)}

# To start from when writing one's own: what the samples do not show.
EXAMPLES: dict[str, dict[str, Any]] = {
    "Badge 128, shown as 99+": {"badge": {"value": 128}},
    "Badge glyph": {"badge": {"value": "newMessage"}},
    "Incoming call": {
        "toast": {
            "scenario": "incomingCall",
            "texts": [
                {"text": "Kim is calling", "call_scenario_center_align": True},
                {"text": "Clan 42 voice", "call_scenario_center_align": True},
            ],
            "app_logo": {"src": f"{ART}pilot.png", "alt": "Kim", "crop": "circle"},
            "audio": {"src": "ms-winsoundevent:Notification.Looping.Call", "loop": True},
            "duration": "long",
            "buttons": [
                {"content": "Answer", "arguments": "answer", "style": "Success"},
                {"content": "Decline", "arguments": "decline", "style": "Critical"},
            ],
        }
    },
    "Columns and sound of an alarm": {
        "toast": {
            "texts": ["Castle siege", "Round 3 of 5"],
            "content": [
                {
                    "subgroups": [
                        {"content": [_styled("Clan 42", "base"), _styled("Kim, Robin", "caption")]},
                        {
                            "weight": 1,
                            "content": [
                                _styled("52 : 48", "titleNumeral", align="right"),
                                _styled("8 minutes", "captionSubtle", align="right"),
                            ],
                        },
                    ]
                }
            ],
            "audio": {"src": "ms-winsoundevent:Notification.Looping.Alarm3"},
        }
    },
    "A toast that holds <script>": {
        "toast": {
            "texts": [
                "<script>document.title = 'taken over'</script>",
                "<img src=x onerror=alert(1)>",
            ],
            "hero": {"src": "https://images.example.com/castle.jpg", "alt": "A castle at night"},
        }
    },
    "Tile of the Windows 8 catalogue": {
        "tile": {
            "legacy": [
                {
                    "template": "TileSquare150x150Text01",
                    "texts": ["Ranking", "1 Kim", "2 Alex", "3 You"],
                },
                {
                    "template": "TileWide310x150Text01",
                    "texts": ["Ranking", "1 Kim", "2 Alex", "3 You"],
                },
            ]
        }
    },
}

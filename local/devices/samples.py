"""The events that the page can send, and their templates."""

from __future__ import annotations

from typing import Any

from local.devices.sample import ART, Parameter, Sample, styled

TOPIC = "weekly-tournament"


def _template(english: dict[str, Any], **options: object) -> dict[str, Any]:
    return {"default_locale": "en-US", "options": options, "locales": {"en-US": english}}


def _challenge_tile(size: str) -> dict[str, Any]:
    texts: list[Any] = [
        styled("${challenger}", "base"),
        styled("challenges you", "captionSubtle"),
    ]
    if size != "medium":
        texts.append(styled("${arena}, best of three", "captionSubtle", wrap=True))
    return {"content": texts, "background": {"src": f"{ART}duel.png", "overlay": 55}}


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
                    styled("1  ${rival}", "body"),
                    styled("2  You", "bodySubtle"),
                ],
            },
            {
                "weight": 30,
                "content": [
                    styled("${score}", "body", align="right"),
                    styled("${best}", "bodySubtle", align="right"),
                ],
            },
        ]
    }
]
HIGH_SCORE = Sample(
    "high-score.beaten",
    "High score beaten",
    "Toast with a picture and progress, glyph badge, ranking on the tile. Each replaces the "
    "previous one; players who are in the game are skipped",
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
                        styled("${score}", "subtitle"),
                        styled("${rival} leads", "captionSubtle"),
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
    "Reminder that stays on the screen, with snooze and dismiss. Sent to a topic if the API "
    "supports topics",
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

"""Notifications to start from when writing your own; they show what the samples do not."""

from __future__ import annotations

from typing import Any

from local.devices.sample import ART, styled

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
                        {"content": [styled("Clan 42", "base"), styled("Kim, Robin", "caption")]},
                        {
                            "weight": 50,
                            "content": [
                                styled("52 : 48", "titleNumeral", align="right"),
                                styled("8 minutes", "captionSubtle", align="right"),
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

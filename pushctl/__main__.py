"""`python -m pushctl`."""

from __future__ import annotations

from pushctl.cli.main import main

if __name__ == "__main__":
    main()

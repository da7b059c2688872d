#!/usr/bin/env python
"""Run the project's management commands."""

from studyserver.__main__ import main

if __name__ == "__main__":
    main()

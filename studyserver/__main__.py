"""Entry point of the management commands: ``manage.py`` in a checkout, ``listening-studies`` if installed."""

import os
import sys


def main() -> None:
    """Run the command of the command line."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "studyserver.settings")
    try:
        from django.core.management import execute_from_command_line
    except ModuleNotFoundError as error:
        raise SystemExit(
            f"The site needs {error.name}, which is not installed, because only the explainer's core is: "
            "install listening-study-platform[server] instead of listening-study-platform."
        ) from error
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()

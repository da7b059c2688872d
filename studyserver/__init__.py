"""The Django project: settings, addresses, and the apps for listening studies."""

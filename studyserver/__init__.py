"""The Django project: settings, addresses, and the apps that run listening studies."""

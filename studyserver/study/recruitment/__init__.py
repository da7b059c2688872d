"""Recruitment of annotators: links, panels, invitations and completion codes."""

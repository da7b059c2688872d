"""Recruitment: links, panels, invitations, and what annotators take along."""

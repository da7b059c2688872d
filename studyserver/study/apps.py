"""The study app: what annotators see and answer."""

from django.apps import AppConfig


class StudyConfig(AppConfig):
    """Studies, questions, stimuli, annotators, trials and judgments."""

    name = "studyserver.study"
    label = "study"
    verbose_name = "Listening studies"

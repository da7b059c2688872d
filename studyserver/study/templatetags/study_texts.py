"""Tags for a study's own texts on annotators' pages."""

from django import template

from studyserver.study.texts.markup import language_attribute

register = template.Library()
register.simple_tag(language_attribute, name="language_of")

"""The form by which researchers sign in."""

from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.forms import UsernameField
from django.contrib.auth.models import User


class SignInForm(AdminAuthenticationForm):
    """Django's, with names refused that are too long for the table of failed attempts."""

    username = UsernameField(max_length=User._meta.get_field("username").max_length)

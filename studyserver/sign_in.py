"""Sign-in form for researchers."""

from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.forms import UsernameField
from django.contrib.auth.models import User


class SignInForm(AdminAuthenticationForm):
    """Django's form with a limit for user names, which the table of failed attempts stores."""

    username = UsernameField(max_length=User._meta.get_field("username").max_length)

"""Sign-in at an OpenID Connect provider, where the settings name one."""

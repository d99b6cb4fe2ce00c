"""The JSON API (door 2), mounted at ``/api``: routes by topic, consistent errors."""

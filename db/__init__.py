"""The only package that speaks SQL: session, tables by topic, queries by topic, migrations."""

"""The history of the schema. `flask --app wsgi db upgrade` brings a database up to date."""

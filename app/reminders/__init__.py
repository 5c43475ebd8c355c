"""Reminders: whom a batch reaches, what it says, and at what pace it goes out."""

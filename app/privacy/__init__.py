"""What the law on personal data asks across rooms: terms, erasure and export of a person's data, the notice's acceptance."""

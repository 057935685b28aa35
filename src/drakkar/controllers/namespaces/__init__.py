"""What a namespace has from its beginning, and its end."""

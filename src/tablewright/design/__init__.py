"""What a physical design is, how it is read, checked and changed."""

"""What a reader sees: views hold exactly the content, renderers turn one into text."""

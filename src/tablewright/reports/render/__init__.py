"""Write a document in each form: text, Markdown, HTML; a value as JSON; charts as SVG."""

"""What a photograph is: colors, files, sizes, pictures of results."""

"""What a photograph is: colours, files, sizes, pictures of results."""

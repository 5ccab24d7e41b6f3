"""What every room uses: errors, files, progress, tables, cores, processes, command lines."""

# The table of all models, from the files of each.
#   awk -f table.awk -v folder=OUT/models -v models="mae mixmim"

BEGIN {
  FS = OFS = "\t"
  print "model", "linear top-1", "k-NN top-1", "epochs", "images per second", "parameters", "memory (MB)"
  count = split(models, names, " ")
  for (i = 1; i <= count; ++i) {
    at = folder "/" names[i] "/"
    print names[i], last_row(at "linear.tsv", 3), last_row(at "knn.tsv", 3), first_word(at "epochs"),
      sprintf("%.0f", named(at "speed.tsv", "images_per_second")), named(at "size.tsv", "parameters"),
      sprintf("%.0f", first_word(at "memory") / 1024)
  }
}

# mae-probe: a header line and rows, the figure in a column of the last one.
function last_row(file, column, line, fields, value) {
  while ((getline line < file) > 0) {
    split(line, fields)
    value = fields[column]
  }
  close(file)
  return value
}

# The other tools: "NAME<TAB>VALUE" lines.
function named(file, name, line, fields, value) {
  while ((getline line < file) > 0) {
    split(line, fields)
    if (fields[1] == name) value = fields[2]
  }
  close(file)
  return value
}

function first_word(file, line) {
  getline line < file
  close(file)
  return line
}

# One table of what every protocol gives, from what the tools printed: tables with columns top1 and top5 (mae-probe, mae-finetune with a
# list of --train-blocks), or lines "val_top1<TAB>figure" (mae-finetune).
#   awk -f table.awk "label=FILE"...      a label with %s takes the first field of each row

BEGIN {
  FS = OFS = "\t"
  print "way", "top1", "top5"
  for (i = 1; i < ARGC; ++i) {
    cut = index(ARGV[i], "=")
    rows(substr(ARGV[i], 1, cut - 1), substr(ARGV[i], cut + 1))
  }
  exit
}

function rows(label, file, field, column, i, lines, figure) {
  for (lines = 0; (getline < file) > 0; ++lines) {
    if (lines == 0) for (i = 1; i <= NF; ++i) column[$i] = i
    figure[$1] = $2
    if (lines > 0 && "top1" in column) print sprintf(label, $1), $column["top1"], $column["top5"]
  }
  close(file)
  if (!("top1" in column)) print label, figure["val_top1"], figure["val_top5"]
}

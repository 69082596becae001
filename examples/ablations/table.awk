# One ablation's table: its lines of cells.tsv, each with what its cell measured beside the paper's figures.
#   awk -f table.awk -v ablation=NAME -v folder=OUT/cells cells.tsv

BEGIN {
  FS = OFS = "\t"
  print ablation, "ours linear", "paper linear", "ours fine-tuned", "paper fine-tuned"
}
$1 == ablation { print $2, linear(folder "/" $3 "/linear.tsv"), $5, tuned(folder "/" $3 "/tuned.tsv"), $6 }

# mae-probe: a header line and a row whose third field is top-1.
function linear(file, line, field, top1) {
  while ((getline line < file) > 0) {
    split(line, field)
    top1 = field[3]
  }
  close(file)
  return top1
}

# mae-finetune: "val_top1<TAB>figure" among other lines.
function tuned(file, line, field, top1) {
  top1 = "-"
  while ((getline line < file) > 0) {
    split(line, field)
    if (field[1] == "val_top1") top1 = field[2]
  }
  close(file)
  return top1
}

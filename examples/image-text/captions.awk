# A table of pictures, labels and captions from a list of paths train/CLASS/FILE: each picture of a class gets the next template.
# With -v most=N only the first N pictures of each class.
BEGIN {
  FS = "/"
  count = split("a photo of a %s|a small photo of the %s|a picture of one %s|this is a %s|a blurry photo of a %s|the %s in a picture",
    templates, "|")
  print "image\tlabel\tcaption"
}
most == 0 || seen[$2] < most {
  caption = templates[seen[$2]++ % count + 1]
  sub(/%s/, $2, caption)
  print $0 "\t" $2 "\t" caption
}

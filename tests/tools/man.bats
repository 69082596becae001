# The man pages: well formed, complete, and equal to what the tools say of themselves.

load helpers

@test "every tool has a page, and every page is clean mdoc" {
  for tool in mae "${tools[@]}"; do
    [ -f "$root/man/$tool.1" ] || complain "man/$tool.1 is missing"
  done
  [ -f "$root/man/mae-shard.5" ] || complain "man/mae-shard.5 is missing"
  [ -f "$root/man/mae-checkpoint.5" ] || complain "man/mae-checkpoint.5 is missing"
  for page in "$root"/man/*.[157]; do
    run mandoc -T lint -W warning "$page"
    [ "$status" -eq 0 ] || complain "$output"
    # groff knows other mistakes, such as a word at the end of a line that is the name of a macro.
    run --separate-stderr man --warnings -l "$page"
    [ "$status" -eq 0 ] && [ -z "$stderr" ] || complain "$page:" "$stderr"
  done
}

@test "OPTIONS are what the tools print" {
  succeeds env MAE_BIN_DIR="$bin" "$root/share/setup/update-man" --check
}

@test "a stale page is noticed" {
  copy=$BATS_TEST_TMPDIR/copy
  mkdir -p "$copy/share/setup"
  cp -r "$root/man" "$copy"
  cp "$root"/share/setup/* "$copy/share/setup"
  sed -i 's/^\.It Fl \\-seed.*/.It Fl \\-sed/' "$copy/man/mae-mask.1"
  fails_with_1() { run "$copy/share/setup/update-man" --check mae-mask && [ "$status" -eq 1 ]; }
  MAE_BIN_DIR=$bin fails_with_1
  [[ $output == *'man/mae-mask.1 is stale'* ]]
  MAE_BIN_DIR=$bin "$copy/share/setup/update-man" mae-mask
  equal "$copy/man/mae-mask.1" "$root/man/mae-mask.1"
}

@test "pages have the sections readers look for, and NAME says what -h says" {
  for tool in "${tools[@]}"; do
    page=$root/man/$tool.1
    for section in NAME SYNOPSIS DESCRIPTION OPTIONS 'EXIT STATUS' EXAMPLES 'SEE ALSO'; do
      grep -q "^\.Sh $section\$" "$page" || complain "$page has no section $section"
    done
    summary=$("$tool" -h | sed -n 2p)
    summary=${summary%.}
    [ "$(sed -n 's/^\.Nd //p' "$page")" = "$(tr '[:upper:]' '[:lower:]' <<<"${summary:0:1}")${summary:1}" ] ||
      complain "$page: .Nd differs from: $summary"
  done
}

@test "every option that is spoken of exists, every reference leads somewhere" {
  for page in "$root"/man/*.[157]; do
    while read -r name section; do
      case $name in mae*) [ -f "$root/man/$name.$section" ] || complain "$page: there is no $name($section)" ;; esac
    done < <(sed -n 's/^\.\(It \)\{0,1\}Xr \([a-z-]*\) \([0-9]\).*/\2 \3/p' "$page")
  done
  # Pages speak of each other's options, too.
  sed -n '/BEGIN OPTIONS/,/END OPTIONS/p' "$root"/man/mae-*.1 | grep -o -E 'Fl [-a-z0-9\\]+' | sort -u >"$BATS_TEST_TMPDIR/options"
  for page in "$root"/man/*.[157]; do
    while read -r option; do
      grep -q -F -x -e "$option" -e "${option/no\\-/}" "$BATS_TEST_TMPDIR/options" || complain "$page speaks of $option"
    done < <(sed '/BEGIN OPTIONS/,/END OPTIONS/d' "$page" | grep -o -E 'Fl (\\-[a-z0-9]+)+' | sort -u)
  done
}

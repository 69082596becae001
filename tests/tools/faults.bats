# The short tier of tests/faults: calls that fail, kills, signals, damage, full disks and nasty names, for every tool. Each
# finding names the case that repeats it; the long tier is tests/faults/run --long.
# bats file_tags=slow

load helpers

faults() {
  [ -e "$bin/../tests/libmae_fault_shim.so" ] || skip "built without the library that makes calls fail"
  run "$root/tests/faults/run" --world "$MAE_WORLD" --bin "$bin" --section "$1"
  [ "$status" -eq 0 ] || complain "$output"
}

@test "a failed call is a message and never a false file" { faults injections; }

@test "whoever is killed or stopped ends in the same bytes after another start" { faults kills; }

@test "damage is found, and refused by whoever reads it" { faults corruptions; }

@test "forged metadata with right checksums" { faults forgeries; }

@test "pictures that are cut, changed or enormous" { faults pictures; }

@test "small disks, limits, closed descriptors and rivals" { faults surroundings; }

@test "nasty names" { faults names; }

# Shared by the Makefiles beside this file: $(OUT)/train.h5 and $(OUT)/test.h5 from DATA, which is a tar of pictures in class folders
# (train/airplane/0000.jpg, test/...), a .tar.zst of it (then zstd is needed), or a folder laid out the same way. The including Makefile
# sets PATCHES, the options of mae-patchify.
#
# SUBSET takes only as many pictures of each class, by the order of their names, TEST_SUBSET of the test set; 0 is all. Another choice
# belongs into another OUT: what is there is not made again.

OUT         ?= out
SUBSET      ?= 0
TEST_SUBSET ?= $(SUBSET)

# $(call patchify,train,100): of 100 pictures a class, listed in a table, or with 0 of the whole folder.
patchify = $(if $(filter-out 0,$(2)),$(call list,$(1),$(2)) && mae-patchify $(OUT)/pictures/$(1).tsv --allow-outside \
  ,mae-patchify $(OUT)/pictures/$(1)) -o $@ $(PATCHES)
list = (cd $(OUT)/pictures && find -L $(1) -type f | LC_ALL=C sort | \
  awk -F / -v most=$(2) 'BEGIN { print "image\tlabel" } seen[$$2]++ < most { print $$0 "\t" $$2 }' >$(1).tsv)

# One folder of pictures, whatever DATA is.
$(OUT)/pictures/done:
	@if [ ! -e "$(DATA)" ]; then echo "make: '$(DATA)' is not there; give DATA=/path/to/pictures.tar" >&2; exit 3; fi
	mkdir -p $(OUT)/pictures
	case "$(DATA)" in *.zst) zstd -dc "$(DATA)" | tar -xf - -C $(OUT)/pictures ;; \
	  *.tar) tar -xf "$(DATA)" -C $(OUT)/pictures ;; \
	  *) ln -sfn "$$(cd "$(DATA)" && pwd)/train" $(OUT)/pictures/train; ln -sfn "$$(cd "$(DATA)" && pwd)/test" $(OUT)/pictures/test ;; esac
	touch $@

$(OUT)/train.h5: $(OUT)/pictures/done
	$(call patchify,train,$(SUBSET)) --compute-mean-std
$(OUT)/test.h5: $(OUT)/pictures/done $(OUT)/train.h5
	$(call patchify,test,$(TEST_SUBSET)) --stats-from $(OUT)/train.h5

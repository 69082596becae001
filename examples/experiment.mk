# The experiment that the Makefiles beside this file share: pretrain on $(OUT)/train.h5, then probe raw pixels, the untrained and the
# trained encoder on $(OUT)/test.h5, and make a report. The including Makefile says how the two shards come about and sets EPOCHS,
# MODEL and RECIPE.
#
# Figures are averages over the mean of the patch tokens (--pool mean), which small models probe better with than with the class token.

OUT ?= out
include $(dir $(lastword $(MAKEFILE_LIST)))tools.mk

PROBES = $(foreach method,linear knn,$(foreach on,pixels untrained run,$(OUT)/$(on)-$(method).tsv))

.PHONY: all table clean
all: $(OUT)/table.tsv $(OUT)/report.html
	@cat $(OUT)/table.tsv

# A run folder resumes by itself, so that Ctrl-C and a second make lose nothing.
$(OUT)/run/done: $(OUT)/train.h5 $(OUT)/test.h5
	mae-pretrain $(OUT)/train.h5 -o $(OUT)/run $(MODEL) $(RECIPE) --epochs $(EPOCHS) --val $(OUT)/test.h5 --resume
	touch $@
$(OUT)/untrained/done: $(OUT)/train.h5
	mae-pretrain $< -o $(OUT)/untrained $(MODEL) $(RECIPE) --epochs 0 --resume
	touch $@

$(OUT)/run-%.h5: $(OUT)/%.h5 $(OUT)/run/done
	mae-encode --dtype float32 --model $(OUT)/run $< -o $@ --pool mean
$(OUT)/untrained-%.h5: $(OUT)/%.h5 $(OUT)/untrained/done
	mae-encode --dtype float32 --model $(OUT)/untrained $< -o $@ --pool mean

# Raw pixels are probed straight from the patch shards.
$(OUT)/pixels-linear.tsv $(OUT)/pixels-knn.tsv: $(OUT)/pixels-%.tsv: $(OUT)/train.h5 $(OUT)/test.h5
	mae-probe $^ --method $* > $@
$(OUT)/run-linear.tsv $(OUT)/run-knn.tsv: $(OUT)/run-%.tsv: $(OUT)/run-train.h5 $(OUT)/run-test.h5
	mae-probe $^ --method $* > $@
$(OUT)/untrained-linear.tsv $(OUT)/untrained-knn.tsv: $(OUT)/untrained-%.tsv: $(OUT)/untrained-train.h5 $(OUT)/untrained-test.h5
	mae-probe $^ --method $* > $@

# The column after the method is the probe's rate or its k.
$(OUT)/table.tsv: $(PROBES)
	@{ printf 'features\tmethod\trate or k\ttop1\ttop5\n'; for on in pixels untrained run; do for method in linear knn; do \
	     printf '%s\t' $$on; tail -n 1 $(OUT)/$$on-$$method.tsv | cut -f 1-4; done; done; } > $@
table:
	@cat $(OUT)/table.tsv

$(OUT)/report.html: $(OUT)/test.h5 $(OUT)/run/done
	mae-reconstruct --model $(OUT)/run $< -o $@ --limit 32

clean:
	rm -rf $(OUT)

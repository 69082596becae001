// mae-convert: checkpoints from and to other programs, with a report of every key.
#include "job_options.h"
#include "mae/jobs/convert_job.h"

namespace {

constexpr char kModel[] = "Model";

void declare(mae::cli::Tool& tool, mae::ConvertJob* job, bool* norm_pix_loss) {
  tool.examples({"mae-convert mae_pretrain_vit_base.pth mae.safetensors",
                 "mae-convert run huggingface/", "mae-convert run encoder.safetensors --to timm",
                 "mae-convert tiny.pth tiny.safetensors --num-heads 4 --decoder-num-heads 2"});
  tool.add_operand(&job->input, "IN",
                   ".pth, Hugging Face folder, safetensors file or index, run folder");
  tool.add_output_operand(&job->output.path, "OUT",
                          ".safetensors for this toolkit, .pth for the official code, a folder "
                          "(with /) for Hugging Face");
  mae::cli::OptionSpec to = {"--to", "layout of OUT, where its name does not say it", "LAYOUT",
                             "Output"};
  to.choices = {"mae", "official", "huggingface", "timm"};
  to.in_short_help = true;
  tool.add_option(&job->to, to);
  tool.add_switch(&job->encoder_only, {"--encoder-only", "leave the decoder out", "", "Output"});

  mae::ImportHints& hints = job->hints;
  mae::cli::OptionSpec heads = {"--num-heads", "heads of the encoder, which shapes do not show",
                                "N", kModel};
  heads.minimum = 0;
  heads.in_short_help = true;
  tool.add_option(&hints.num_heads, heads);
  heads.name = "--decoder-num-heads";
  heads.meaning = "heads of the decoder";
  tool.add_option(&hints.decoder_num_heads, heads);
  tool.add_option(&hints.image_size,
                  {"--image-size", "pictures the model was trained on, where they are not square",
                   "HxW", kModel});
  tool.add_switch(norm_pix_loss,
                  {"--norm-pix-loss", "the decoder predicts normalised pixels", "", kModel});
  tool.add_option(&hints.mean, {"--mean",
                                "mean of the pixels the model was trained on, in units "
                                "of 0 to 1, one a channel",
                                "A,B,...", kModel});
  tool.add_option(&hints.std, {"--std", "their standard deviation", "A,B,...", kModel});
  tool.add_option(&hints.key, {"--key",
                               "dictionary of a .pth that holds the tensors; by itself "
                               "model, state_dict or module",
                               "NAME", kModel});
  tool.add_option(
      &hints.allow_missing,
      {"--allow-missing", "tensors beginning so may be missing and start fresh", "PREFIX", kModel});
  tool.add_option(
      &hints.allow_extra,
      {"--allow-extra", "tensors beginning so may be left over and are dropped", "PREFIX", kModel});
  tool.add_seed(&job->seed);
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : " ") + mae::printable(name);
  return text;
}

void add_rows(std::vector<std::vector<nlohmann::json>>* rows, const char* step,
              const std::vector<mae::KeyRecord>& records) {
  for (const mae::KeyRecord& record : records) {
    rows->push_back(
        {step, mae::action_name(record.action), joined(record.from), joined(record.to)});
  }
}

}  // namespace

int main(int argc, char** argv) {
  mae::cli::Tool tool("mae-convert", "translate checkpoints from and to other formats");
  mae::ConvertJob job;
  bool norm_pix_loss = false;
  declare(tool, &job, &norm_pix_loss);
  tool.run_and_leave(argc, argv, [&] {
    mae::tools::take_output_options(tool, &job.output);
    if (tool.given("--norm-pix-loss")) job.hints.norm_pix_loss = norm_pix_loss;
    const mae::ConvertReport done = mae::run_convert_job(job);
    std::vector<std::vector<nlohmann::json>> rows;
    add_rows(&rows, "read", done.read);
    add_rows(&rows, "write", done.written);
    if (!done.up_to_date) tool.report_table({"step", "action", "from", "to"}, rows);
  });
}

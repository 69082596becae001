// N processes with a batch of B / N are the run of one process with B: float64, to 1e-9.
#include <fcntl.h>

#include <fstream>

#include "mae/base/interrupt.h"
#include "mae/models/registry.h"
#include "mae/models/vit_classifier.h"
#include "mae/train/finetune.h"
#include "mae/train/process_group.h"
#include "train/pretrain_world.h"
#include "train/worker_processes.h"

namespace mae {
namespace {

using nlohmann::json;
using test::run_workers;

Checkpoint description() {
  Checkpoint description;
  description.preprocessing.image_size = {16, 16};
  description.preprocessing.mean = {0.5, 0.5, 0.5};
  description.preprocessing.std = {0.25, 0.25, 0.25};
  return description;
}

/// A task is the options that a test changes, with "run" as the folder.
void pretrain_task(const json& task, ProcessGroup& group) {
  PretrainOptions options = test::tiny_recipe();
  options.batch_size = task.value("batch_size", 4);
  options.accum_iter = task.value("accum_iter", 1);
  options.overlap = task.value("overlap", true);
  options.max_steps = task.value("max_steps", 20);
  options.epochs = task.value("epochs", 20);
  options.dtype = task.value("dtype", "float64");
  options.masking.strategy = parse_mask_strategy(task.value("strategy", "random"));
  json config = test::tiny_mae();
  config["model"] = "mae";
  if (task.contains("config")) config = task["config"];
  const auto model = make_masked_model(config);
  model->initialize(options.seed);
  PretrainData data;
  data.train =
      std::make_shared<test::MemoryDataset>(task.value("samples", 18), Size2d{20, 24}, 3, 1);
  data.validation = std::make_shared<test::MemoryDataset>(7, Size2d{20, 24}, 3, 2);
  RunDirectory run(task.at("run"), task.value("resume", false), group);
  Progress silent;
  pretrain(*model, data, options, description(), run, silent, group);
}

void finetune_task(const json& task, ProcessGroup& group) {
  VitClassifierOptions sizes;
  sizes.img_size = {16, 16};
  sizes.patch_size = {4, 4};
  sizes.embed_dim = 16;
  sizes.depth = 2;
  sizes.num_heads = 2;
  sizes.num_classes = 3;
  sizes.drop_path_rate = 0.1;
  VitClassifier model(sizes);
  model.initialize(5);
  FinetuneOptions options;
  options.batch_size = task.value("batch_size", 4);
  options.epochs = 4;
  options.warmup_epochs = 1;
  options.lr = 3e-3;
  options.dtype = "float64";
  options.mixup = {0.8, 1.0};
  options.seed = 5;
  FinetuneData data;
  data.train = std::make_shared<test::MemoryDataset>(21, Size2d{16, 16}, 3, 1);
  data.validation = std::make_shared<test::MemoryDataset>(7, Size2d{16, 16}, 3, 2);
  RunDirectory run(task.at("run"), /*resume=*/false, group);
  Progress silent;
  finetune(model, data, options, description(), run, silent, group);
}

void do_task(const json& task, ProcessGroup& group) {
  if (task.value("kind", "pretrain") == "finetune") return finetune_task(task, group);
  pretrain_task(task, group);
}

// Not a test of its own: what run_workers() starts.
TEST(Worker, Works) {
  const char* text = std::getenv(test::kTaskVariable);
  if (text == nullptr) GTEST_SKIP() << "started by other tests";
  const json task = json::parse(text);
  install_signal_handlers();
  GroupOptions options;
  options.timeout_s = task.value("timeout_s", 60.0);
  int code = 0;
  try {
    with_processes(launch_place(), options, [&](ProcessGroup& group) { do_task(task, group); });
  } catch (const Error& error) {
    std::fprintf(stderr, "%s\n", error.line().c_str());
    code = error.exit_code();
  }
  std::fflush(stderr);
  _exit(code);
}

/// Largest difference of weights and optimizer state of two runs.
double state_difference(const std::string& a, const std::string& b) {
  const StateDict first = read_checkpoint(a + "/state.safetensors").tensors;
  const StateDict second = read_checkpoint(b + "/state.safetensors").tensors;
  EXPECT_EQ(first.size(), second.size());
  double largest = 0;
  for (const auto& [name, tensor] : first)
    largest = std::max(largest, (tensor - second.at(name)).abs().max().item().toDouble());
  return largest;
}

void expect_same_run(const std::string& a, const std::string& b, double tolerance = 1e-9) {
  EXPECT_LE(state_difference(a, b), tolerance) << a << " and " << b;
  const auto first = test::log_of(a), second = test::log_of(b);
  ASSERT_EQ(first.size(), second.size());
  for (size_t i = 0; i < first.size(); ++i)
    for (const auto& [key, value] : first[i].items())
      EXPECT_NEAR(value.get<double>(), second[i][key].get<double>(), tolerance) << key;
}

class Processes : public ::testing::Test {
 protected:
  /// The task as one process does it.
  std::string alone(json task, const std::string& name) {
    task["run"] = folder_ / name;
    do_task(task, one_process());
    return folder_ / name;
  }
  std::string together(int size, json task, const std::string& name) {
    task["run"] = folder_ / name;
    run_workers(size, task);
    return folder_ / name;
  }
  TemporaryFolder folder_;
};

TEST_F(Processes, ArePartsOfOneRun) {
  const std::string one = alone({{"batch_size", 6}}, "one");
  expect_same_run(one, together(2, {{"batch_size", 3}}, "two"));
  expect_same_run(one, together(2, {{"batch_size", 3}, {"overlap", false}}, "two-plain"));
  expect_same_run(one, together(3, {{"batch_size", 2}}, "three"));
  EXPECT_EQ(test::log_of(one).size(), 6u);  // 20 steps of 3 an epoch
}

TEST_F(Processes, AccumulateAsOneDoes) {
  const json task = {{"accum_iter", 4}, {"max_steps", 6}};
  json large = task, small = task;
  large["batch_size"] = 4;
  small["batch_size"] = 2;
  const std::string one = alone(large, "one");
  expect_same_run(one, together(2, small, "two"));
  small["overlap"] = false;
  expect_same_run(one, together(2, small, "two-plain"));
}

TEST_F(Processes, DivideUnevenBatches) {
  // 7 samples are one batch of 7, cut from 8: parts of 4 and 3; 3 processes get 3, 2 and 2.
  const std::string one = alone({{"batch_size", 8}, {"samples", 7}}, "one");
  expect_same_run(one, together(2, {{"batch_size", 4}, {"samples", 7}}, "two"));
  expect_same_run(one, together(3, {{"batch_size", 3}, {"samples", 7}}, "three"));
}

TEST_F(Processes, RoundAsBfloat16Does) {
  const std::string one =
      alone({{"batch_size", 6}, {"dtype", "bfloat16"}, {"max_steps", 5}}, "one");
  const std::string two =
      together(2, {{"batch_size", 3}, {"dtype", "bfloat16"}, {"max_steps", 5}}, "two");
  const double loss = test::log_of(one).front()["train_loss"].get<double>();
  EXPECT_NEAR(test::log_of(two).front()["train_loss"].get<double>(), loss, 1.0 / 256 * loss);
}

TEST_F(Processes, KeepPairsOfMixedPicturesTogether) {
  const json config = {{"model", "mixmim"},
                       {"img_size", {16, 16}},
                       {"patch_size", 1},
                       {"encoder_stride", 8},
                       {"in_chans", 3},
                       {"embed_dim", 8},
                       {"depths", {1, 1, 1, 1}},
                       {"num_heads", {1, 1, 2, 2}},
                       {"window_size", {4, 4, 2, 2}},
                       {"mlp_ratio", 2},
                       {"decoder_dim", 16},
                       {"decoder_depth", 1},
                       {"decoder_num_heads", 2}};
  json large = {{"batch_size", 6}, {"max_steps", 4}, {"strategy", "mixed"}, {"config", config}};
  json small = large;
  small["batch_size"] = 3;
  expect_same_run(alone(large, "one"), together(2, small, "two"));
}

TEST_F(Processes, ResumeWithAnotherNumber) {
  const std::string whole = alone({{"batch_size", 6}}, "whole");
  const std::string parts = alone({{"batch_size", 6}, {"max_steps", 5}}, "parts");
  together(2, {{"batch_size", 3}, {"max_steps", 11}, {"resume", true}}, "parts");
  alone({{"batch_size", 6}, {"resume", true}}, "parts");
  expect_same_run(whole, parts);
}

TEST_F(Processes, FinetuneAsOneDoes) {
  const std::string one = alone({{"kind", "finetune"}, {"batch_size", 6}}, "one");
  expect_same_run(one, together(2, {{"kind", "finetune"}, {"batch_size", 3}}, "two"));
  expect_same_run(one, together(3, {{"kind", "finetune"}, {"batch_size", 2}}, "three"));
}

class LostProcess : public Processes {
 protected:
  json endless() const {
    return {{"batch_size", 2},
            {"max_steps", 100000000},
            {"epochs", 1000000},
            {"run", folder_ / "run"},
            {"timeout_s", 3.0}};
  }
  std::string log_name(int rank) const { return folder_ / ("log" + std::to_string(rank)); }
  std::string log(int rank) const {
    std::ifstream file(log_name(rank));
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::vector<pid_t> start(int size, const json& task) {
    const int port = test::free_port();
    std::vector<pid_t> workers;
    for (int rank = 0; rank < size; ++rank)
      workers.push_back(test::start_worker(rank, size, port, task, log_name(rank)));
    return workers;
  }
  void wait_until_saved() const {
    while (!std::filesystem::exists(folder_ / "run" + "/checkpoint.safetensors")) usleep(10000);
  }
};

TEST_F(LostProcess, IsNamedByTheOthers) {
  json task = endless();
  const auto workers = start(3, task);
  wait_until_saved();
  kill(workers[1], SIGKILL);
  EXPECT_EQ(test::wait_for(workers[1]), 128 + SIGKILL);
  EXPECT_EQ(test::wait_for(workers[0]), 4);
  EXPECT_EQ(test::wait_for(workers[2]), 4);
  EXPECT_NE(log(0).find("rank 0 of 3: rank 1 has ended"), std::string::npos) << log(0);
  EXPECT_NE(log(2).find("rank 2 of 3: rank 1 has ended"), std::string::npos) << log(2);
  read_checkpoint(folder_ / "run" + "/checkpoint.safetensors");  // whole
}

TEST_F(LostProcess, IsNamedWhenItHangs) {
  const auto workers = start(2, endless());
  wait_until_saved();
  kill(workers[1], SIGSTOP);
  EXPECT_EQ(test::wait_for(workers[0]), 4);
  EXPECT_NE(log(0).find("rank 1 has ended or no longer answers"), std::string::npos) << log(0);
  kill(workers[1], SIGKILL);
  test::wait_for(workers[1]);
}

TEST_F(LostProcess, HangsAndOwnsTheStore) {
  const auto workers = start(2, endless());
  wait_until_saved();
  kill(workers[0], SIGSTOP);
  EXPECT_EQ(test::wait_for(workers[1]), 4);
  EXPECT_NE(log(1).find("rank 0 has ended or no longer answers"), std::string::npos) << log(1);
  kill(workers[0], SIGKILL);
  test::wait_for(workers[0]);
}

TEST_F(LostProcess, OwnsTheStore) {
  const auto workers = start(2, endless());
  wait_until_saved();
  kill(workers[0], SIGKILL);
  test::wait_for(workers[0]);
  EXPECT_EQ(test::wait_for(workers[1]), 4);
  EXPECT_NE(log(1).find("rank 0 has ended"), std::string::npos) << log(1);
}

TEST_F(LostProcess, NeverCame) {
  const int port = test::free_port();
  json task = endless();
  task["timeout_s"] = 1.0;
  const pid_t first = test::start_worker(0, 3, port, task, log_name(0));
  const pid_t last = test::start_worker(2, 3, port, task, log_name(2));
  EXPECT_EQ(test::wait_for(first), 4);
  EXPECT_EQ(test::wait_for(last), 4);
  EXPECT_NE(log(0).find("rank 1 of 3 does not come"), std::string::npos) << log(0);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "run"));
  const pid_t lonely = test::start_worker(1, 2, port, task, log_name(1));
  EXPECT_EQ(test::wait_for(lonely), 4);
  EXPECT_NE(log(1).find("rank 0 does not come"), std::string::npos) << log(1);
}

TEST_F(LostProcess, FindsItsPortInUse) {
  const int descriptor = ::socket(AF_INET6, SOCK_STREAM, 0);
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  socklen_t size = sizeof(address);
  ASSERT_EQ(::bind(descriptor, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(::listen(descriptor, 1), 0);
  ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size);
  const int port = ntohs(address.sin6_port);
  EXPECT_EQ(test::wait_for(test::start_worker(0, 2, port, endless(), log_name(0))), 4);
  EXPECT_NE(log(0).find("MASTER_PORT 127.0.0.1:" + std::to_string(port) + ": the port is in use"),
            std::string::npos)
      << log(0);
  ::close(descriptor);
}

TEST_F(LostProcess, SaysWhyItEnds) {
  json task = endless();
  test::run_workers(2, {{"batch_size", 2}, {"max_steps", 1}, {"run", folder_ / "run"}});
  const auto workers = start(2, task);  // without "resume": rank 0 refuses the folder
  EXPECT_EQ(test::wait_for(workers[0]), 2);
  EXPECT_EQ(test::wait_for(workers[1]), 4);
  EXPECT_NE(log(1).find("the folder already holds a run"), std::string::npos) << log(1);
}

TEST_F(LostProcess, StopsAllWithASaveWhenSignalled) {
  json task = endless();
  for (const int rank : {0, 1}) {
    task["run"] = folder_ / ("run" + std::to_string(rank));
    const auto workers = start(2, task);
    while (!std::filesystem::exists(task["run"].get<std::string>() + "/state.safetensors"))
      usleep(10000);
    kill(workers[static_cast<size_t>(rank)], SIGTERM);
    EXPECT_EQ(test::wait_for(workers[0]), 143);
    EXPECT_EQ(test::wait_for(workers[1]), 143);
    // As one process that stops there.
    const std::string state = task["run"].get<std::string>() + "/state.safetensors";
    const auto step = read_checkpoint_header(state).extra["position"]["step"].get<int64_t>();
    if (step <= 60)
      expect_same_run(task["run"],
                      alone({{"batch_size", 4}, {"max_steps", step}, {"epochs", 1000000}},
                            "one" + std::to_string(rank)));
  }
}

}  // namespace
}  // namespace mae

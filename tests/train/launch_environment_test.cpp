// What launchers say, and what they leave out.
#include "mae/train/launch_environment.h"

#include <gtest/gtest.h>

#include <map>

#include "mae/base/error.h"

namespace mae {
namespace {

LaunchPlace place_in(const std::map<std::string, std::string>& variables) {
  return launch_place([&](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional<std::string>(found->second);
  });
}

void expect_refusal(const std::map<std::string, std::string>& variables, const std::string& text) {
  try {
    place_in(variables);
    FAIL() << "expected: " << text;
  } catch (const UsageError& error) {
    EXPECT_NE(error.line().find(text), std::string::npos) << error.line();
  }
}

TEST(LaunchEnvironment, IsOneProcessWithoutALauncher) {
  EXPECT_TRUE(place_in({}).is_alone());
  EXPECT_TRUE(place_in({{"WORLD_SIZE", "1"}, {"RANK", "0"}}).is_alone());
  // In a batch script, before srun.
  EXPECT_TRUE(place_in({{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "8"}}).is_alone());
}

TEST(LaunchEnvironment, ReadsTorchrun) {
  const LaunchPlace place = place_in({{"RANK", "5"},
                                      {"WORLD_SIZE", "8"},
                                      {"LOCAL_RANK", "1"},
                                      {"LOCAL_WORLD_SIZE", "4"},
                                      {"MASTER_ADDR", "node0"},
                                      {"MASTER_PORT", "29500"},
                                      {"TORCHELASTIC_USE_AGENT_STORE", "True"},
                                      {"TORCHELASTIC_RUN_ID", "job"},
                                      {"TORCHELASTIC_RESTART_COUNT", "2"}});
  EXPECT_EQ(place.rank, 5);
  EXPECT_EQ(place.world_size, 8);
  EXPECT_EQ(place.address, "node0");
  EXPECT_EQ(place.port, 29500);
  EXPECT_EQ(place.run_id, "job/2");
  EXPECT_TRUE(place.store_exists);
  EXPECT_EQ(device_of(place, "cuda"), "cuda:1");
  EXPECT_EQ(device_of(place, "cuda:3"), "cuda:3");
  EXPECT_EQ(share_of_threads(place, 16), 4);
  EXPECT_EQ(share_of_threads(place, 2), 1);
}

TEST(LaunchEnvironment, MeetsAtTheLoopbackOnOneMachine) {
  std::map<std::string, std::string> variables = {{"OMPI_COMM_WORLD_RANK", "1"},
                                                  {"OMPI_COMM_WORLD_SIZE", "2"},
                                                  {"OMPI_COMM_WORLD_LOCAL_RANK", "1"},
                                                  {"OMPI_COMM_WORLD_LOCAL_SIZE", "2"},
                                                  {"PMIX_NAMESPACE", "12345"}};
  const LaunchPlace second = place_in(variables);
  variables["OMPI_COMM_WORLD_RANK"] = variables["OMPI_COMM_WORLD_LOCAL_RANK"] = "0";
  const LaunchPlace first = place_in(variables);
  EXPECT_EQ(first.address, "127.0.0.1");
  EXPECT_EQ(first.port, second.port);
  EXPECT_FALSE(first.store_exists);
  variables["MASTER_PORT"] = "4000";
  EXPECT_EQ(place_in(variables).port, 4000);
  variables["OMPI_COMM_WORLD_LOCAL_SIZE"] = "1";
  expect_refusal(variables, "MASTER_ADDR: is not set, but the processes run on several machines");
}

TEST(LaunchEnvironment, ReadsMpichAndSlurm) {
  const LaunchPlace mpich = place_in(
      {{"PMI_RANK", "2"}, {"PMI_SIZE", "3"}, {"MPI_LOCALRANKID", "2"}, {"MPI_LOCALNRANKS", "3"}});
  EXPECT_EQ(mpich.rank, 2);
  EXPECT_EQ(mpich.address, "127.0.0.1");
  const LaunchPlace slurm = place_in({{"SLURM_PROCID", "3"},
                                      {"SLURM_STEP_NUM_TASKS", "7"},
                                      {"SLURM_LOCALID", "1"},
                                      {"SLURM_STEP_TASKS_PER_NODE", "2(x3),1"},
                                      {"SLURM_STEP_NODELIST", "gpu[03-05,9],login"},
                                      {"SLURM_JOB_ID", "77"}});
  EXPECT_EQ(slurm.rank, 3);
  EXPECT_EQ(slurm.local_world_size, 2);
  EXPECT_EQ(slurm.address, "gpu03");
  EXPECT_EQ(slurm.port, 20000 + '7' * 31 + '7');
}

TEST(LaunchEnvironment, NamesWhatIsWrong) {
  expect_refusal({{"WORLD_SIZE", "2"}}, "RANK: is not set, but WORLD_SIZE is 2");
  expect_refusal({{"WORLD_SIZE", "2"}, {"RANK", "2"}},
                 "RANK: expected a number from 0 to 1, got '2'");
  expect_refusal({{"WORLD_SIZE", "two"}, {"RANK", "0"}}, "WORLD_SIZE: expected a number");
  expect_refusal({{"WORLD_SIZE", "2"}, {"RANK", "0"}}, "MASTER_ADDR: is not set");
  expect_refusal({{"WORLD_SIZE", "2"}, {"RANK", "0"}, {"MASTER_ADDR", "a"}},
                 "MASTER_PORT: is not set");
  expect_refusal(
      {{"WORLD_SIZE", "2"}, {"RANK", "0"}, {"MASTER_ADDR", "a"}, {"MASTER_PORT", "70000"}},
      "MASTER_PORT: expected a number from 1 to 65535");
}

}  // namespace
}  // namespace mae

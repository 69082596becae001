// Whole runs: arguments in, exit code, standard output and standard error out.
#include "mae/cli/tool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <new>
#include <optional>

#include "mae/base/error.h"
#include "mae/base/log.h"
#include "mae/base/provenance.h"

namespace mae::cli {
namespace {

struct Job {
  std::vector<std::string> inputs;
  std::string output;
  double mask_ratio = 0.75;
  std::int64_t seed = 0;
  int threads = 0;
  std::string device = "cpu", dtype = "float32", rejects;
  bool skip = false;
};

struct Outcome {
  int code = -1;
  std::string out, err;
};

Outcome run(const std::vector<std::string>& arguments,
            const std::function<void(Tool&, Job&)>& action) {
  std::vector<std::string> words = {"mae-mask"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  Outcome outcome;
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  {
    Tool tool("mae-mask", "choose which patches of each sample stay visible");
    Job job;
    tool.examples({"mae-mask a.h5 -o m.h5", "mae-mask a.h5 -o m.h5 --seed 1"});
    tool.add_operands(&job.inputs, "SHARD", "patch shard to read");
    tool.add_output(&job.output, "mask shard to write", false);
    tool.add_option(&job.mask_ratio, {"--mask-ratio", "share of hidden patches", "RATIO"});
    tool.add_seed(&job.seed);
    tool.add_threads(&job.threads);
    tool.add_device(&job.device, &job.dtype);
    tool.add_files_from();
    tool.add_on_error(&job.skip, &job.rejects);
    outcome.code = tool.run(static_cast<int>(argv.size()), argv.data(), [&] { action(tool, job); });
  }
  outcome.out = ::testing::internal::GetCapturedStdout();
  outcome.err = ::testing::internal::GetCapturedStderr();
  return outcome;
}

Outcome run(const std::vector<std::string>& arguments) {
  return run(arguments, [](Tool&, Job&) {});
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(Tool, GivesTheJobItsSettings) {
  const Outcome outcome = run({"a.h5", "--mask-ratio", "0.5", "b.h5", "-j3", "--on-error=skip"},
                              [](Tool& tool, Job& job) {
                                EXPECT_EQ(job.inputs, (std::vector<std::string>{"a.h5", "b.h5"}));
                                EXPECT_EQ(job.mask_ratio, 0.5);
                                EXPECT_EQ(job.threads, 3);
                                EXPECT_TRUE(job.skip);
                                EXPECT_TRUE(tool.given("--mask-ratio"));
                                EXPECT_FALSE(tool.given("--seed"));
                                tool.report({{"samples", 2}});
                              });
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.out, "samples\t2\n");
  EXPECT_EQ(outcome.err, "");
}

TEST(Tool, ZeroThreadsMeansAllCores) {
  run({"a"}, [](Tool&, Job& job) { EXPECT_GE(job.threads, 1); });
}

TEST(Tool, RecordsProvenanceBeforeTheJob) {
  run({"a.h5", "--seed=7", "-o", "x", "-j2", "-q"}, [](Tool&, Job&) {
    const Provenance& record = process_provenance();
    EXPECT_EQ(record.program, "mae-mask");
    EXPECT_EQ(record.seed, 7);
    EXPECT_EQ(record.arguments, (std::vector<std::string>{"--seed=7", "a.h5"}));
    for (const char* left_out :
         {"output", "threads", "quiet", "json", "rejects", "progress", "no-clobber"}) {
      EXPECT_EQ(record.config.count(left_out), 0u) << left_out;
    }
    EXPECT_EQ(record.config.at("device"), "cpu");
  });
}

TEST(Tool, MapsEveryErrorToItsExitCode) {
  struct Case {
    std::function<void()> thrower;
    int code;
    std::string err;
  };
  const std::vector<Case> cases = {
      {[] { throw PartialError("2 of 5 files are damaged"); }, 1,
       "mae-mask: error: 2 of 5 files are damaged\n"},
      {[] { throw UsageError("wrong", "--x", "do y"); }, 2,
       "mae-mask: error: --x: wrong\nhint: do y\n"},
      {[] { throw DataError("cut off", "a{}.h5:/mask"); }, 3,
       "mae-mask: error: a{}.h5:/mask: cut off\n"},
      {[] { throw ResourceError("disk full", "o"); }, 4, "mae-mask: error: o: disk full\n"},
      {[] { throw NumericError("loss is nan"); }, 5, "mae-mask: error: loss is nan\n"},
      {[] { throw std::bad_alloc(); }, 4, "mae-mask: error: out of memory\n"},
      {[] { throw std::runtime_error("odd\nstack trace"); }, 4,
       "mae-mask: error: internal error: odd\n"},
      {[] { throw ClosedPipe(); }, 0, ""},
  };
  for (const Case& one : cases) {
    const Outcome outcome = run({"a"}, [&](Tool&, Job&) { one.thrower(); });
    EXPECT_EQ(outcome.code, one.code);
    EXPECT_EQ(outcome.err.substr(0, one.err.size()), one.err);
    EXPECT_EQ(outcome.err.empty(), one.err.empty());
    EXPECT_EQ(outcome.out, "");
  }
}

TEST(Tool, InterruptionHasItsOwnExitCodes) {
  EXPECT_EQ(run({"a"}, [](Tool&, Job&) { throw Interrupted(2); }).code, 130);
  const Outcome outcome = run({"a"}, [](Tool&, Job&) { throw Interrupted(15); });
  EXPECT_EQ(outcome.code, 143);
  EXPECT_TRUE(has(outcome.err, "interrupted")) << outcome.err;
}

TEST(Tool, AControlCharacterInAMessageIsEscaped) {
  const Outcome outcome = run({"a"}, [](Tool&, Job&) { throw DataError("bad", "a\x1b[2J\n.h5"); });
  EXPECT_EQ(outcome.err, "mae-mask: error: a\\x1b[2J\\n.h5: bad\n");
}

TEST(Tool, UsageErrorsExitWithTwoAndOneLine) {
  struct Case {
    std::vector<std::string> arguments;
    std::string err;
  };
  const std::vector<Case> cases = {
      {{},
       "mae-mask: error: missing operand SHARD (patch shard to read)\nhint: usage: mae-mask "
       "[OPTION]... SHARD...\n"},
      {{"a", "--mask-ration=1"},
       "mae-mask: error: --mask-ration: unknown option\nhint: did you mean --mask-ratio?\n"},
      {{"a", "--mask-ratio", "x"}, "mae-mask: error: --mask-ratio: expected a number, got \"x\"\n"},
      {{"a", "--device", "gpu"},
       "mae-mask: error: --device: expected cpu, cuda or cuda:N, got \"gpu\"\n"},
      {{"a", "--progress", "sometimes"},
       "mae-mask: error: --progress: expected one of auto, always, never, json; got "
       "\"sometimes\"\n"},
      {{"a", "-j", "-1"}, "mae-mask: error: --threads: must be at least 0, got -1\n"},
      {{"--completion", "tcsh"},
       "mae-mask: error: --completion: expected bash, zsh or fish, got \"tcsh\"\n"},
  };
  for (const Case& one : cases) {
    const Outcome outcome = run(one.arguments, [](Tool&, Job&) { FAIL() << "the job ran"; });
    EXPECT_EQ(outcome.code, 2);
    EXPECT_EQ(outcome.err, one.err);
  }
}

TEST(Tool, HelpGoesToStandardOutputEvenBesideMistakes) {
  const Outcome brief = run({"--bogus", "-h"});
  const Outcome full = run({"--help"});
  EXPECT_EQ(brief.code, 0);
  EXPECT_EQ(full.code, 0);
  EXPECT_EQ(brief.err + full.err, "");
  EXPECT_TRUE(has(brief.out, "mae-mask a.h5 -o m.h5 --seed 1\n")) << brief.out;
  EXPECT_LE(std::count(brief.out.begin(), brief.out.end(), '\n'), 24) << brief.out;
  EXPECT_TRUE(has(full.out, "--log-file FILE"));
  EXPECT_FALSE(has(full.out, "--man-options"));
  EXPECT_NE(run({"a", "--", "-h"}).out, brief.out);
}

TEST(Tool, VersionSaysHowItWasBuiltOnlyWhenAsked) {
  EXPECT_TRUE(std::string(run({"--version"}).out).rfind("mae-mask ", 0) == 0);
  EXPECT_EQ(std::string(run({"--version"}).out).find('\n'), run({"--version"}).out.size() - 1);
  EXPECT_TRUE(has(run({"--version", "-v"}).out, "CLI11: "));
}

TEST(Tool, DumpConfigNeedsNoOperandsAndReadsBack) {
  const Outcome first = run({"--dump-config", "--mask-ratio=0.25", "--json"});
  EXPECT_EQ(first.code, 0) << first.err;
  const std::string path = ::testing::TempDir() + "tool_test.toml";
  std::ofstream(path) << first.out;
  const Outcome second = run({"--dump-config", "--config", path});
  EXPECT_EQ(second.out, first.out) << second.err;
  run({"a", "--config", path}, [](Tool& tool, Job& job) {
    EXPECT_EQ(job.mask_ratio, 0.25);
    EXPECT_TRUE(tool.json());
  });
  std::remove(path.c_str());
}

TEST(Tool, AMissingConfigurationFileIsNamed) {
  const Outcome outcome = run({"a", "--config", "/nonexistent/x.toml"});
  EXPECT_EQ(outcome.code, 3);
  EXPECT_TRUE(has(outcome.err, "/nonexistent/x.toml")) << outcome.err;
}

TEST(Tool, ReadsTheEnvironment) {
  setenv("MAE_MASK_RATIO", "0.125", 1);
  run({"a"}, [](Tool&, Job& job) { EXPECT_EQ(job.mask_ratio, 0.125); });
  EXPECT_EQ(run({"--version"}).code, 0);
  setenv("MAE_MASK_RATIO", "", 1);
  run({"a"}, [](Tool&, Job& job) { EXPECT_EQ(job.mask_ratio, 0.75); });
  unsetenv("MAE_MASK_RATIO");
}

TEST(Tool, FilesFromAddsOperands) {
  const std::string path = ::testing::TempDir() + "tool_test.list";
  std::ofstream(path) << "b.h5\nc d.h5\n";
  run({"a.h5", "--files-from", path}, [](Tool&, Job& job) {
    EXPECT_EQ(job.inputs, (std::vector<std::string>{"a.h5", "b.h5", "c d.h5"}));
    EXPECT_EQ(process_provenance().arguments.back(),
              "a.h5");  // a list of a million names is not repeated
  });
  std::ofstream(path) << "\n";
  const Outcome outcome = run({"--files-from", path});
  EXPECT_EQ(outcome.code, 3);
  EXPECT_TRUE(has(outcome.err, "the list of files is empty")) << outcome.err;
  std::remove(path.c_str());
}

TEST(Tool, LevelsOfTheLog) {
  const auto talk = [](Tool&, Job&) {
    log_debug("detail");
    log_info("reading {} shards");
    log_warning("odd\nname");
  };
  EXPECT_EQ(run({"a"}, talk).err, "mae-mask: reading {} shards\nmae-mask: warning: odd\\nname\n");
  EXPECT_EQ(run({"a", "-q"}, talk).err, "mae-mask: warning: odd\\nname\n");
  EXPECT_TRUE(has(run({"a", "-v"}, talk).err, "mae-mask: detail\n"));
}

TEST(Tool, TheLogFileKeepsEverythingWithTimes) {
  const std::string path = ::testing::TempDir() + "tool_test.log";
  std::remove(path.c_str());
  run({"a", "-q", "--log-file", path}, [](Tool&, Job&) {
    log_debug("detail");
    throw DataError("cut off", "a");
  });
  std::ifstream file(path);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  EXPECT_TRUE(has(text, " debug mae-mask: detail\n")) << text;
  EXPECT_TRUE(has(text, " error mae-mask: a: cut off\n")) << text;
  EXPECT_EQ(text.rfind("20", 0), 0u) << text;
  std::remove(path.c_str());
  EXPECT_EQ(run({"a", "--log-file", "/proc/none/x.log"}).code, 4);
}

TEST(Tool, JsonReports) {
  const Outcome outcome = run({"a", "--json"}, [](Tool& tool, Job&) {
    tool.report({{"b", 1}, {"a", "x"}});
    tool.report_table({"path"}, {{"y"}});
  });
  EXPECT_EQ(outcome.out, "{\"b\":1,\"a\":\"x\"}\n[{\"path\":\"y\"}]\n");
}

TEST(Tool, ProgressFollowsItsOption) {
  const auto work = [](Tool& tool, Job&) {
    tool.progress().begin("encode", 2, "images");
    tool.progress().update(2);
  };
  const auto lines = [&](const std::vector<std::string>& arguments) {
    const std::string err = run(arguments, work).err;
    return std::count(err.begin(), err.end(), '\n');
  };
  EXPECT_EQ(lines({"a"}),
            0);  // off a terminal there are plain lines, and none for so short a phase
  EXPECT_EQ(lines({"a", "--progress=json"}), 2);
  EXPECT_EQ(lines({"a", "-q", "--progress=json"}), 2);
  EXPECT_TRUE(has(run({"a", "--progress=always"}, work).err, "\r\x1b[Kencode"));
  EXPECT_EQ(run({"a", "-q"}, work).err, "");
  EXPECT_EQ(run({"a", "--progress=never"}, work).err, "");
}

TEST(Tool, NamedOperandsAreCounted) {
  const auto convert = [](std::vector<std::string> words) {
    words.insert(words.begin(), "mae-convert");
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    Tool tool("mae-convert", "Translate checkpoints.");
    std::string in, out;
    tool.add_operand(&in, "IN", "checkpoint to read");
    tool.add_operand(&out, "OUT", "checkpoint to write");
    ::testing::internal::CaptureStderr();
    const int code = tool.run(static_cast<int>(argv.size()), argv.data(), [] {});
    return std::to_string(code) + in + out + ::testing::internal::GetCapturedStderr();
  };
  EXPECT_EQ(convert({"a", "b"}), "0ab");
  EXPECT_TRUE(has(convert({"a"}), "missing operand OUT"));
  EXPECT_TRUE(has(convert({"a", "b", "c"}), "unexpected operand \"c\""));
}

}  // namespace
}  // namespace mae::cli

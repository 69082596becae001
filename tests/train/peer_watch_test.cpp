// Verdicts from pulses, without any network.
#include "mae/train/peer_watch.h"

#include <gtest/gtest.h>

#include <map>
#include <mutex>
#include <stdexcept>

namespace mae {
namespace {

class MemoryStore : public SharedStore {
 public:
  void set(const std::string& key, const std::string& value) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (is_gone_) throw std::runtime_error("gone");
    values_[key] = value;
  }
  void set_once(const std::string& key, const std::string& value) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (values_[key].empty()) values_[key] = value;
  }
  std::string get(const std::string& key) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (is_gone_) throw std::runtime_error("gone");
    return values_[key];
  }
  std::vector<std::string> get_all(const std::vector<std::string>& keys) override {
    std::vector<std::string> values;
    for (const std::string& key : keys) values.push_back(get(key));
    return values;
  }
  void go() {
    const std::lock_guard<std::mutex> lock(mutex_);
    is_gone_ = true;
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::string> values_;
  bool is_gone_ = false;
};

class PeerWatchTest : public ::testing::Test {
 protected:
  std::unique_ptr<PeerWatch> watch(int rank) {
    LaunchPlace place;
    place.rank = rank;
    place.world_size = 3;
    return std::make_unique<PeerWatch>(store_, store_, place);
  }
  std::shared_ptr<MemoryStore> store_ = std::make_shared<MemoryStore>();
};

TEST_F(PeerWatchTest, FindsWhoHangs) {
  const auto a = watch(0), b = watch(1), c = watch(2);
  for (const auto* busy : {&a, &c}) (*busy)->enter();
  EXPECT_EQ(a->find_culprit(), "rank 1 did not come to a common call in time");
  b->enter();
}

TEST_F(PeerWatchTest, FindsWhoIsGone) {
  const auto a = watch(0);
  watch(1).reset();
  watch(2).reset();
  EXPECT_EQ(a->find_culprit(), "ranks 1 and 2 have ended or no longer answer");
}

TEST_F(PeerWatchTest, BlamesNobodyWhereAllAreWell) {
  const auto a = watch(0), b = watch(1), c = watch(2);
  EXPECT_EQ(a->find_culprit(), "");
}

TEST_F(PeerWatchTest, RepeatsWhatTheFirstSaid) {
  const auto a = watch(0), b = watch(1), c = watch(2);
  b->publish("rank 1 has ended: out of memory");
  c->publish("rank 1 has ended or no longer answers");
  EXPECT_EQ(a->find_culprit(), "rank 1 has ended: out of memory");
}

TEST_F(PeerWatchTest, BlamesTheOwnerOfAStoreThatIsGone) {
  const auto a = watch(1), b = watch(2), c = watch(0);
  store_->go();
  EXPECT_EQ(a->find_culprit(), "rank 0 has ended or no longer answers");
}

}  // namespace
}  // namespace mae

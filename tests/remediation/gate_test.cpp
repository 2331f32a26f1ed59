#include "exporter/remediation/gate.h"

#include <gmock/gmock.h>

#include "tests/remediation/scratch.h"

namespace motoko::remediation {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

constexpr GatePolicy kPolicy{.cooldown = 5min, .max_attempts = 3, .attempt_window = 1h};

TEST(Gate, AllowsWhereNothingWasChangedYet) {
  EXPECT_EQ(gate({}, kPolicy, at(0s)), GateDecision(Allowed{}));
}

TEST(Gate, CoolsDownAfterAChangeAndSaysHowLong) {
  const GateState state{.last_change = at(0s)};
  EXPECT_EQ(gate(state, kPolicy, at(0s)), GateDecision(CoolingDown{5min}));
  EXPECT_EQ(gate(state, kPolicy, at(4min + 59s)), GateDecision(CoolingDown{1s}));
  EXPECT_EQ(gate(state, kPolicy, at(5min)), GateDecision(Allowed{}));
  EXPECT_EQ(gate(state, {.cooldown = 0s}, at(0s)), GateDecision(Allowed{})) << "no cooldown configured";
}

TEST(Gate, ClockThatWasPutBackMakesNoCooldownLongerThanItIs) {
  EXPECT_EQ(gate({.last_change = at(365 * 24h)}, kPolicy, at(0s)), GateDecision(CoolingDown{5min}));
  EXPECT_EQ(gate({.last_change = base::WallTime::max()}, kPolicy, base::WallTime::min()),
            GateDecision(CoolingDown{5min}));
  EXPECT_EQ(gate({.last_change = base::WallTime::min()}, kPolicy, base::WallTime::max()), GateDecision(Allowed{}));
}

TEST(Gate, OpenCircuitHoldsHoweverLongAgoItOpened) {
  const GateState state{.last_change = at(0s), .circuit_opened = at(0s), .failed_runs = 3};
  EXPECT_EQ(gate(state, kPolicy, at(1s)), GateDecision(CircuitOpen{at(0s), 3}));
  EXPECT_EQ(gate(state, kPolicy, at(365 * 24h)), GateDecision(CircuitOpen{at(0s), 3}));
  EXPECT_EQ(gate(state, kPolicy, at(-365 * 24h)), GateDecision(CircuitOpen{at(0s), 3}));
}

TEST(Gate, CircuitIsDueAfterSoManyFailuresWithinTheWindow) {
  EXPECT_FALSE(circuit_due({}, kPolicy, at(0s)));
  EXPECT_FALSE(circuit_due({at(0s), at(1s)}, kPolicy, at(1s)));
  EXPECT_TRUE(circuit_due({at(0s), at(1s), at(2s)}, kPolicy, at(2s)));
  EXPECT_TRUE(circuit_due({at(0s), at(1s), at(1h)}, kPolicy, at(1h))) << "the window's end is within it";
  EXPECT_FALSE(circuit_due({at(0s), at(1s), at(1h + 1ms)}, kPolicy, at(1h + 1ms)));
  EXPECT_TRUE(circuit_due({at(9h), at(9h), at(0s)}, kPolicy, at(0s))) << "the future counts as just now";
}

TEST(Gate, SaysWhyAndTheWaysOut) {
  EXPECT_EQ(describe(Allowed{}), "");
  const auto cooling = describe(CoolingDown{130s});
  EXPECT_THAT(cooling, HasSubstr("2m 10s"));
  EXPECT_THAT(cooling, HasSubstr("--force"));
  const auto open = describe(CircuitOpen{at(0s), 3});
  EXPECT_THAT(open, HasSubstr("2026-11-23T20:15:00Z, after 3 failed runs"));
  EXPECT_THAT(open, HasSubstr("motokoctl reset"));
  EXPECT_THAT(open, HasSubstr("--force"));
}

class GateFacts : public ::testing::Test {
 protected:
  ScratchDir dir_;
  History history_ = must(History::open(dir_.path()));

  GateState state(base::WallTime now) { return must(history_.gate_state(now)); }
};

TEST_F(GateFacts, LastChangeIsTheEndOfARunThatChangedSomethingAndEnded) {
  run_of(history_, RunOutcome::fixed, at(0s));
  EXPECT_EQ(state(at(1h)).last_change, at(0s));
  run_of(history_, RunOutcome::failed, at(10s));
  EXPECT_EQ(state(at(1h)).last_change, at(10s));
  must(history_.record(short_run(RunOutcome::suppressed, at(20s))));
  const auto unchanged = must(history_.begin_run("timer", {}, at(30s)));
  must(history_.end_run(unchanged, {.outcome = RunOutcome::failed, .at = at(40s)}, {}));
  EXPECT_EQ(state(at(1h)).last_change, at(10s)) << "neither of the later ones changed anything";
}

TEST_F(GateFacts, InterruptedRunIsContinuedAtOnce) {
  run_of(history_, RunOutcome::fixed, at(0s));
  const auto killed = must(history_.begin_run("command line", {}, at(10s)));
  must(history_.mark_changed(killed));
  must(history_.interrupt_open_runs(at(20s)));
  EXPECT_EQ(gate(state(at(20s)), {}, at(20s)), GateDecision(Allowed{}));
}

TEST_F(GateFacts, InterruptedRunThatChangedNothingLeavesTheCooldown) {
  run_of(history_, RunOutcome::fixed, at(0s));
  must(history_.begin_run("command line", {}, at(10s)));
  must(history_.interrupt_open_runs(at(20s)));
  EXPECT_EQ(state(at(20s)).last_change, at(0s));
}

TEST_F(GateFacts, CircuitOpensWithTheLastFailureAndHoldsUntilReset) {
  run_of(history_, RunOutcome::failed, at(0s));
  run_of(history_, RunOutcome::fixed, at(1min));
  run_of(history_, RunOutcome::failed, at(2min));
  EXPECT_FALSE(state(at(3min)).circuit_opened);
  run_of(history_, RunOutcome::failed, at(4min));
  EXPECT_EQ(state(at(5min)), (GateState{.last_change = at(4min), .circuit_opened = at(4min), .failed_runs = 3}));
  auto later = must(History::open(dir_.path()));
  EXPECT_EQ(must(later.gate_state(at(48h))).circuit_opened, at(4min)) << "after a restart and beyond the window";
  run_of(later, RunOutcome::fixed, at(48h));
  run_of(later, RunOutcome::failed, at(49h));
  EXPECT_EQ(must(later.gate_state(at(49h))).circuit_opened, at(4min)) << "a forced run does not close it";

  EXPECT_TRUE(must(history_.reset_circuit()));
  EXPECT_FALSE(must(history_.reset_circuit())) << "was closed";
  EXPECT_FALSE(state(at(49h)).circuit_opened);
  run_of(history_, RunOutcome::failed, at(49h));
  run_of(history_, RunOutcome::failed, at(49h));
  EXPECT_FALSE(state(at(49h)).circuit_opened) << "failures before the reset are forgotten";
  run_of(history_, RunOutcome::failed, at(49h));
  EXPECT_TRUE(state(at(49h)).circuit_opened);
}

TEST_F(GateFacts, FailuresBeyondTheWindowAndOtherOutcomesDoNotCount) {
  for (int i = 0; i < 4; ++i) run_of(history_, RunOutcome::failed, at(31min * i));
  EXPECT_FALSE(state(at(93min)).circuit_opened) << "never three in an hour";
  for (int i = 0; i < 3; ++i) {
    must(history_.record(short_run(RunOutcome::refused, at(94min))));
    must(history_.begin_run("timer", {}, at(94min)));
    must(history_.interrupt_open_runs(at(94min)));
  }
  EXPECT_FALSE(state(at(94min)).circuit_opened);
}

TEST_F(GateFacts, TimesInTheFutureCountAsJustNowButNotForEver) {
  run_of(history_, RunOutcome::fixed, at(365 * 24h));
  auto reader = must(History::open_read_only(dir_.path()));
  EXPECT_EQ(must(reader.gate_state(at(0s))).last_change, at(0s));
  EXPECT_EQ(state(at(0s)).last_change, at(0s));
  EXPECT_EQ(state(at(6min)).last_change, at(0s)) << "it ages from when it was seen";
  EXPECT_EQ(gate(state(at(6min)), kPolicy, at(6min)), GateDecision(Allowed{}));
}

TEST_F(GateFacts, FailuresInTheFutureAgeToo) {
  run_of(history_, RunOutcome::failed, at(365 * 24h));
  run_of(history_, RunOutcome::failed, at(0s));
  run_of(history_, RunOutcome::failed, at(2h));
  EXPECT_FALSE(state(at(2h)).circuit_opened) << "both of the others were two hours ago by then";
}

TEST_F(GateFacts, RunThatEndsBeforeItBeganIsRecorded) {
  const auto id = must(history_.begin_run("timer", {}, at(1h)));
  must(history_.mark_changed(id));
  must(history_.end_run(id, {.outcome = RunOutcome::failed, .at = at(-1h)}, {}));
  EXPECT_EQ(must(history_.run(id))->ended, at(-1h));
  EXPECT_EQ(state(at(-1h)).last_change, at(-1h));
}

}  // namespace
}  // namespace motoko::remediation

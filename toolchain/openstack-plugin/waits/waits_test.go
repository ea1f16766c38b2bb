package waits

import (
	"context"
	"errors"
	"io"
	"log"
	"math/rand"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/retry"
)

// A step of what OpenStack shows: from `after` seconds on this state, nothing, or an error.
type step struct {
	after  float64
	state  string
	absent bool
	fails  bool
}

type scenario struct {
	why              string
	expected, wanted []string
	delay            float64
	steps            []step
	// What ours must do, and when at the latest, in seconds.
	end string
	by  float64
}

func TestMain(m *testing.M) {
	log.SetOutput(io.Discard)
	os.Exit(m.Run())
}

var scenarios = []scenario{
	{why: "a port is there at once", wanted: []string{"ACTIVE", "DOWN"}, delay: 5,
		steps: []step{{0, "DOWN", false, false}}, end: "DOWN", by: 0.6},
	{why: "a server that takes 3 s", expected: []string{"BUILD"}, wanted: []string{"ACTIVE"}, delay: 10,
		steps: []step{{0, "BUILD", false, false}, {3, "ACTIVE", false, false}}, end: "ACTIVE", by: 4},
	{why: "a server that takes 60 s is noticed within a tenth", expected: []string{"BUILD"}, wanted: []string{"ACTIVE"}, delay: 10,
		steps: []step{{0, "BUILD", false, false}, {60, "ACTIVE", false, false}}, end: "ACTIVE", by: 66.1},
	{why: "a server in ERROR fails, when the provider's first look would be", expected: []string{"BUILD"}, wanted: []string{"ACTIVE"}, delay: 10,
		steps: []step{{0, "BUILD", false, false}, {1, "ERROR", false, false}}, end: "unexpected state", by: 11.6},
	{why: "an ERROR later fails at the next look", expected: []string{"BUILD"}, wanted: []string{"ACTIVE"}, delay: 10,
		steps: []step{{0, "BUILD", false, false}, {30, "ERROR", false, false}}, end: "unexpected state", by: 33.1},
	{why: "a resize that has not begun is no unexpected state", expected: []string{"RESIZE"}, wanted: []string{"VERIFY_RESIZE"}, delay: 10,
		steps: []step{{0, "ACTIVE", false, false}, {2, "RESIZE", false, false}, {8, "VERIFY_RESIZE", false, false}}, end: "VERIFY_RESIZE", by: 9},
	{why: "a resize refused late fails", expected: []string{"RESIZE"}, wanted: []string{"VERIFY_RESIZE"}, delay: 10,
		steps: []step{{0, "RESIZE", false, false}, {4, "ACTIVE", false, false}}, end: "unexpected state", by: 11.6},
	{why: "a rebuild that has not begun is not done", expected: []string{"REBUILD"}, wanted: []string{"ACTIVE", "SHUTOFF"}, delay: 10,
		steps: []step{{0, "ACTIVE", false, false}, {2, "REBUILD", false, false}, {7, "ACTIVE", false, false}}, end: "ACTIVE", by: 8},
	{why: "a grow too quick to be seen is believed when the provider would", expected: []string{"extending"}, wanted: []string{"available", "in-use"}, delay: 10,
		steps: []step{{0, "in-use", false, false}}, end: "in-use", by: 11.6},
	{why: "a DOWN port while it goes is no unexpected state", expected: []string{"ACTIVE"}, wanted: []string{"DELETED"}, delay: 5,
		steps: []step{{0, "DOWN", false, false}, {2, "DELETED", false, false}}, end: "DELETED", by: 3},
	{why: "an early error passes", expected: []string{"ACTIVE"}, wanted: []string{"DELETED"}, delay: 5,
		steps: []step{{0, "", false, true}, {2, "DELETED", false, false}}, end: "DELETED", by: 3},
	{why: "an early error without expected states passes", wanted: []string{"ACTIVE"}, delay: 5,
		steps: []step{{0, "", false, true}, {2, "ACTIVE", false, false}}, end: "ACTIVE", by: 3},
	{why: "an error that stays fails", expected: []string{"ACTIVE"}, wanted: []string{"DELETED"}, delay: 5,
		steps: []step{{0, "", false, true}}, end: "refused", by: 6.6},
	{why: "a volume that takes 150 s to detach", expected: []string{""}, wanted: []string{"DETACHED"}, delay: 5,
		steps: []step{{0, "", true, false}, {150, "DETACHED", false, false}}, end: "DETACHED", by: 161},
	{why: "a volume that never detaches fails as late as the provider", expected: []string{""}, wanted: []string{"DETACHED"}, delay: 5,
		steps: []step{{0, "", true, false}}, end: "couldn't find", by: 210},
	{why: "the limit stays", expected: []string{"BUILD"}, wanted: []string{"ACTIVE"}, delay: 10,
		steps: []step{{0, "BUILD", false, false}}, end: "timeout", by: 631},
}

// watchOnce runs one wait on the scenario's timeline and says how it ended, and after how many seconds.
func watchOnce(s scenario, change func(*retry.StateChangeConf)) (end string, done bool, seconds float64) {
	began := time.Now()
	look := func() (any, string, error) {
		var now step
		for _, step := range s.steps {
			if time.Since(began).Seconds() >= step.after {
				now = step
			}
		}
		if now.fails {
			return nil, "", errors.New("refused")
		}
		if now.absent {
			return nil, "", nil
		}
		return now, now.state, nil
	}
	wait := &retry.StateChangeConf{
		Pending: s.expected, Target: s.wanted, Refresh: look,
		Timeout: 10 * time.Minute, Delay: time.Duration(s.delay) * time.Second, MinTimeout: 3 * time.Second,
	}
	change(wait)
	object, err := wait.WaitForStateContext(context.Background())
	seconds = time.Since(began).Seconds()
	if err != nil {
		return err.Error(), false, seconds
	}
	return object.(step).state, true, seconds
}

func asItIs(*retry.StateChangeConf) {}

func TestScenarios(t *testing.T) {
	for _, s := range scenarios {
		t.Run(s.why, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				end, done, seconds := watchOnce(s, Shorten)
				if done != slices.Contains(s.wanted, s.end) || !strings.Contains(end, s.end) || seconds > s.by {
					t.Errorf("ended with %q after %.1f s; want %q by %.1f s", end, seconds, s.end, s.by)
				}
			})
		})
	}
}

// Whatever OpenStack shows: where the provider's wait succeeds ours does too, and ours is later by a tenth at most.
func TestNeverWorse(t *testing.T) {
	states := []string{"ACTIVE", "BUILD", "RESIZE", "REBUILD", "ERROR", "VERIFY_RESIZE", "DELETED", "SHUTOFF"}
	kinds := []scenario{
		{expected: []string{"BUILD"}, wanted: []string{"ACTIVE"}, delay: 10},
		{expected: []string{"RESIZE"}, wanted: []string{"VERIFY_RESIZE"}, delay: 10},
		{expected: []string{"REBUILD"}, wanted: []string{"ACTIVE", "SHUTOFF"}, delay: 10},
		{expected: []string{"ACTIVE"}, wanted: []string{"DELETED"}, delay: 5},
		{wanted: []string{"ACTIVE"}, delay: 5},
	}
	random := rand.New(rand.NewSource(20251123))
	for round := range 3000 {
		s := kinds[random.Intn(len(kinds))]
		at := 0.0
		for range 1 + random.Intn(4) {
			s.steps = append(s.steps, step{after: at, state: states[random.Intn(len(states))], fails: random.Intn(12) == 0, absent: random.Intn(12) == 0})
			// Long against the pauses, so that both see every state that comes after the first look.
			at += s.delay + 15 + 20*random.Float64()
		}
		synctest.Test(t, func(t *testing.T) {
			theirs, passed, late := watchOnce(s, asItIs)
			ours, done, soon := watchOnce(s, Shorten)
			if passed && !done {
				t.Errorf("round %d: %v: the provider ended in %s, ours failed: %s", round, s, theirs, ours)
			}
			if soon > late*1.1+1 {
				t.Errorf("round %d: %v: the provider took %.1f s, ours %.1f s", round, s, late, soon)
			}
		})
	}
}

func TestAgain(t *testing.T) {
	looks := 0
	wait := &retry.StateChangeConf{Delay: 10 * time.Second, Refresh: func() (any, string, error) {
		looks++
		return nil, "", errors.New("busy")
	}}
	for range 3 {
		Shorten(wait)
	}
	if _, _, err := wait.Refresh(); err != nil || looks != 1 || wait.Delay != firstLook {
		t.Errorf("a wait that begins again: %d looks, error %v, delay %v", looks, err, wait.Delay)
	}
}

func TestRetriesOfRequestsStay(t *testing.T) {
	wait := &retry.StateChangeConf{MinTimeout: 500 * time.Millisecond}
	Shorten(wait)
	if wait.Refresh != nil || wait.PollInterval != 0 {
		t.Error("a wait without a delay was changed")
	}
}

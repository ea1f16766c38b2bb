// Package waits shortens the pauses between the provider's looks at OpenStack.
package waits

import (
	"math"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/retry"
)

// The provider sleeps 5 or 10 s before it looks for the first time whether OpenStack is done, then looks after 3 and 6 s and
// every 10 s. Nothing in its settings shortens that. Here the first look comes at once and the pause between two is a tenth of
// the time that has passed.
//
// A look within the provider's own delay (the "early" time) can see what it would never have seen, so in that time
//   - a state that is neither expected nor wanted, and an error, count as "not yet": after it they fail as ever;
//   - where the wanted state can be the one from before the request (`sameAgain`), it counts only once the change was seen.
//
// So a step never fails that the provider would have passed, and is never done before the change. The limits stay the provider's.

const (
	firstLook    = 500 * time.Millisecond
	shortestWait = time.Second
	longestWait  = 10 * time.Second
)

// absentLimit is how long something may be "not found" before the wait fails: the time that the provider's 20 looks take. (The
// waits for a detached volume or interface say "not found" while it is still there.)
const absentLimit = 200 * time.Second

// sameAgain lists, by what they expect to see meanwhile, the waits that may end in the state from which they started.
var sameAgain = [][]string{
	{"extending"},               // a volume grows: available or in-use, as before
	{"REBUILD"},                 // a server gets another image: ACTIVE or SHUTOFF, as before
	{"RESIZE", "VERIFY_RESIZE"}, // a resize that the cloud itself confirms: as before
	{"PENDING"},                 // a DNS record changes: ACTIVE, as before
}

// Shorten is called with every wait of the provider before it begins.
func Shorten(wait *retry.StateChangeConf) {
	// Waits without a delay of seconds are retries of a request; a wait that begins again is short already.
	if wait.Delay <= firstLook {
		return
	}
	began := time.Now()
	w := watch{
		expected:  wait.Pending,
		wanted:    wait.Target,
		early:     wait.Delay,
		sameAgain: slices.ContainsFunc(sameAgain, func(states []string) bool { return slices.Equal(states, wait.Pending) }),
	}
	look := wait.Refresh
	wait.Delay = firstLook
	wait.NotFoundChecks = math.MaxInt
	wait.Refresh = func() (any, string, error) {
		object, state, err := look()
		passed := time.Since(began)
		wait.PollInterval = pause(passed)
		if object != nil || err != nil {
			w.absentSince = passed
		} else if passed-w.absentSince >= absentLimit {
			wait.NotFoundChecks = 0
		}
		return w.judge(passed, object, state, err)
	}
}

// pause is the time from one look to the next.
func pause(passed time.Duration) time.Duration {
	return min(max(passed/10, shortestWait), longestWait)
}

type watch struct {
	expected, wanted []string
	early            time.Duration
	absentSince      time.Duration
	sameAgain        bool
	changing         bool
}

// judge turns what a look saw into what the wait is told.
func (w *watch) judge(passed time.Duration, object any, state string, err error) (any, string, error) {
	if slices.Contains(w.expected, state) {
		w.changing = true
	}
	if passed >= w.early {
		return object, state, err
	}
	switch {
	case err != nil:
		return w.notYet()
	case object == nil:
		return object, state, err
	case slices.Contains(w.wanted, state):
		if w.sameAgain && !w.changing {
			return w.notYet()
		}
	case len(w.expected) > 0 && !slices.Contains(w.expected, state):
		return w.notYet()
	}
	return object, state, err
}

func (w *watch) notYet() (any, string, error) {
	if len(w.expected) == 0 {
		return struct{}{}, "", nil
	}
	return struct{}{}, w.expected[0], nil
}

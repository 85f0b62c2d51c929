package anvil_test

import (
	"flag"
	"math/rand/v2"
	"testing"

	"ostler/test/dialogue"
)

var (
	seed  = flag.Uint64("seed", 0, "the seed of the generated dialogues; 0 draws one")
	count = flag.Int("dialogues", 3000, "how many dialogues are generated")
)

// TestGeneratedDialogues holds thousands of dialogues, valid and broken, with
// both peers: the same bytes, the same fate of each connection, the same log.
func TestGeneratedDialogues(t *testing.T) {
	t.Parallel()
	s := *seed
	if s == 0 {
		s = rand.Uint64()
	}
	t.Logf("to repeat: -run TestGeneratedDialogues -seed %d -dialogues %d", s, *count)
	g := &generator{rng: rand.New(rand.NewPCG(s, 0))}
	dialogues := make([]dialogue.Dialogue, *count)
	for i := range dialogues {
		dialogues[i] = g.dialogue(i)
	}
	compareRuns(t, dialogues, runAll(t, dialogues))
}

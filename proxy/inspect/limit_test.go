package inspect

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestALimitEndsLikeADeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := withLimit(t.Context(), time.Second)
		defer l.stop()
		if at, ok := l.Deadline(); !ok || !at.Equal(time.Now().Add(time.Second)) || l.Err() != nil {
			t.Errorf("deadline %v, error %v", at, l.Err())
		}
		child, cancel := context.WithCancel(l)
		defer cancel()
		time.Sleep(time.Second - 1)
		if l.Err() != nil || child.Err() != nil {
			t.Error("over too early")
		}
		time.Sleep(1)
		if !errors.Is(l.Err(), context.DeadlineExceeded) {
			t.Errorf("over, and says %v", l.Err())
		}
		<-l.Done()
		<-child.Done()
	})
}

func TestALimitEndsWithItsParentAndItsStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		parent, end := context.WithCancel(t.Context())
		l := withLimit(parent, time.Hour)
		done := l.Done()
		end()
		<-done
		if !errors.Is(l.Err(), context.Canceled) {
			t.Errorf("%v", l.Err())
		}
		sooner, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if at, _ := withLimit(sooner, time.Hour).Deadline(); !at.Equal(time.Now().Add(time.Second)) {
			t.Errorf("the parent's deadline is lost: %v", at)
		}
		l = withLimit(t.Context(), time.Hour)
		l.stop() // nobody waits
		done = l.Done()
		l.stop()
		<-done // or synctest finds what waits for ever
	})
}

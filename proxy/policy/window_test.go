package policy_test

import (
	"fmt"
	"testing"
)

// inWindow reports whether a rule with the window holds at each moment.
func inWindow(t *testing.T, window string, want map[string]bool) {
	t.Helper()
	p := parse(t, rule("it", "time = [{ "+window+" }]", block))
	for when, holds := range want {
		msg := found(0, 0)
		msg.Time = at(t, when)
		if got := len(p.Decide(msg).Rules) > 0; got != holds {
			t.Errorf("{ %s } at %s: %t, want %t", window, when, got, holds)
		}
	}
}

func TestWorkingHours(t *testing.T) {
	inWindow(t, `zone = "Europe/Berlin", days = ["mon", "fri"], from = "08:00", to = "18:00"`, map[string]bool{
		"2026-11-30T07:00:00Z": true, "2026-11-30T06:59:59Z": false, "2026-11-30T16:59:59Z": true, "2026-11-30T17:00:00Z": false,
		"2026-12-01T10:00:00Z": false, "2026-07-03T06:00:00Z": true, "2026-07-03T05:59:00Z": false, // summer time: UTC+2
	})
}

func TestANightBelongsToTheDayItBeginsOn(t *testing.T) {
	inWindow(t, `zone = "+02:00", days = ["fri"], from = "22:00", to = "06:00"`, map[string]bool{
		"2026-11-27T20:00:00Z": true, // Friday 22:00
		"2026-11-28T03:59:00Z": true, // Saturday 05:59
		"2026-11-28T04:00:00Z": false,
		"2026-11-27T03:00:00Z": false, // Friday 05:00 is Thursday's night
		"2026-11-28T20:00:00Z": false,
	})
}

// In Berlin clocks go from 02:00 to 03:00 on 29 March 2026, and from 03:00 back
// to 02:00 on 25 October 2026; both changes are at 01:00 UTC.
func TestTheHourOfSummerTimeIsMissingOnceAndComesTwiceOnce(t *testing.T) {
	inWindow(t, `zone = "Europe/Berlin", from = "02:00", to = "03:00"`, map[string]bool{
		"2026-03-29T00:59:59Z": false, "2026-03-29T01:00:00Z": false, "2026-03-29T01:30:00Z": false,
		"2026-10-25T00:00:00Z": true, "2026-10-25T00:59:59Z": true, "2026-10-25T01:00:00Z": true, "2026-10-25T01:59:59Z": true, "2026-10-25T02:00:00Z": false,
		"2026-10-24T00:30:00Z": true,
	})
	// A day of 23 hours, one of 25: the window of the whole evening is the clock's.
	inWindow(t, `zone = "America/New_York", days = ["sun"], from = "00:00", to = "23:59"`, map[string]bool{
		"2026-03-08T05:00:00Z": true, "2026-03-09T03:58:00Z": true, "2026-03-09T03:59:00Z": false,
		"2026-11-01T04:00:00Z": true, "2026-11-02T04:58:00Z": true, "2026-11-02T04:59:00Z": false,
	})
}

func TestQuarterEnds(t *testing.T) {
	inWindow(t, `zone = "UTC", last_days_of_quarter = 14`, map[string]bool{
		"2026-12-18T00:00:00Z": true, "2026-12-17T23:59:59Z": false, "2026-12-31T23:59:59Z": true, "2027-01-01T00:00:00Z": false,
		"2026-03-18T00:00:00Z": true, "2026-03-17T12:00:00Z": false, "2026-06-17T00:00:00Z": true, "2026-06-16T00:00:00Z": false, "2026-09-17T00:00:00Z": true,
	})
	inWindow(t, `zone = "Asia/Tokyo", last_days_of_quarter = 1`, map[string]bool{
		"2026-12-30T15:00:00Z": true, "2026-12-30T14:59:59Z": false, "2026-12-31T14:59:59Z": true, "2026-12-31T15:00:00Z": false,
	})
	inWindow(t, `zone = "UTC", last_days_of_quarter = 1, fiscal_year_from = 2`, map[string]bool{
		"2026-01-31T12:00:00Z": true, "2026-04-30T12:00:00Z": true, "2026-03-31T12:00:00Z": false, "2026-07-31T12:00:00Z": true, "2026-12-31T12:00:00Z": false,
	})
	inWindow(t, `zone = "UTC", first_days_of_quarter = 3`, map[string]bool{
		"2026-01-03T12:00:00Z": true, "2026-01-04T12:00:00Z": false, "2026-10-01T00:00:00Z": true, "2026-09-30T00:00:00Z": false,
	})
}

func TestLeapDays(t *testing.T) {
	inWindow(t, `zone = "UTC", last_days_of_month = 1`, map[string]bool{
		"2028-02-29T12:00:00Z": true, "2028-02-28T12:00:00Z": false, "2027-02-28T12:00:00Z": true, "2100-02-28T12:00:00Z": true, "2000-02-28T12:00:00Z": false,
	})
	inWindow(t, `zone = "UTC", last_days_of_quarter = 1, fiscal_year_from = 3`, map[string]bool{
		"2028-02-29T23:59:59Z": true, "2028-02-28T23:59:59Z": false, "2027-02-28T00:00:00Z": true,
	})
	// 366 days from a leap day there is no such day; the clock does not care.
	for year, days := range map[int]int{2027: 28, 2028: 29, 2400: 29} {
		inWindow(t, `zone = "UTC", last_days_of_month = 28`, map[string]bool{
			fmt.Sprintf("%d-02-%02dT00:00:00Z", year, days-27): true,
			fmt.Sprintf("%d-02-%02dT23:00:00Z", year, days):    true,
		})
	}
}

func TestMomentsHaveAnEnd(t *testing.T) {
	inWindow(t, `after = 2026-12-01T00:00:00+01:00, before = 2027-01-01T00:00:00Z`, map[string]bool{
		"2026-11-30T23:00:00Z": true, "2026-11-30T22:59:59Z": false, "2026-12-31T23:59:59Z": true, "2027-01-01T00:00:00Z": false,
	})
}

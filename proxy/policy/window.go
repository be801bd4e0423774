package policy

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // named zones on a machine without them
)

// A window is a stretch of time, told by the clock of its zone: on the day on
// which clocks are put forward a window within the missing hour does not come,
// and on the day on which they are put back it comes twice.
type window struct {
	zone          *time.Location
	days          [7]bool // by weekday of the day on which from stands; none: every
	someDays      bool
	from, to      int // minutes of the day; to < from: until the next day; equal: all day
	after, before time.Time

	quarterLast, quarterFirst, monthLast int
	fiscal                               int // months by which quarters begin later than in January
}

// holds reports whether t is within the window.
func (w *window) holds(t time.Time) bool {
	if t.IsZero() || !w.after.IsZero() && t.Before(w.after) || !w.before.IsZero() && !t.Before(w.before) {
		return false
	}
	t = t.In(w.zone)
	if w.from != w.to {
		switch now := t.Hour()*60 + t.Minute(); {
		case w.from < w.to && (now < w.from || now >= w.to):
			return false
		case w.from > w.to && now < w.from && now >= w.to:
			return false
		case w.from > w.to && now < w.to:
			t = t.AddDate(0, 0, -1) // it began yesterday
		}
	}
	return (!w.someDays || w.days[t.Weekday()]) && w.inSeason(t.Date())
}

// inSeason reports whether a date is in the asked part of a quarter or month.
func (w *window) inSeason(y int, m time.Month, d int) bool {
	if w.quarterLast == 0 && w.quarterFirst == 0 && w.monthLast == 0 {
		return true
	}
	// Dates are counted at noon UTC, where no day is longer than another.
	day := func(y int, m time.Month, d int) int {
		return int(time.Date(y, m, d, 12, 0, 0, 0, time.UTC).Unix() / 86400)
	}
	into := (int(m) - 1 - w.fiscal + 12) % 3 // months since the quarter began
	today, first, next := day(y, m, d), day(y, m-time.Month(into), 1), day(y, m-time.Month(into)+3, 1)
	return w.quarterLast > 0 && next-today <= w.quarterLast ||
		w.quarterFirst > 0 && today-first < w.quarterFirst ||
		w.monthLast > 0 && day(y, m+1, 1)-today <= w.monthLast
}

func anyTime(windows []window, t time.Time) bool {
	for i := range windows {
		if windows[i].holds(t) {
			return true
		}
	}
	return false
}

var (
	clock    = regexp.MustCompile(`^([01][0-9]|2[0-3]):([0-5][0-9])$`)
	offset   = regexp.MustCompile(`^[+-](0[0-9]|1[0-4]):([0-5][0-9])$`)
	dayNames = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}
)

// window reads one element of time.
func (l *loader) window(path string, e *windowEntry) window {
	w := window{zone: time.UTC, quarterLast: l.atLeast(path+".last_days_of_quarter", e.QuarterLast),
		quarterFirst: l.atLeast(path+".first_days_of_quarter", e.QuarterFirst), monthLast: l.atLeast(path+".last_days_of_month", e.MonthLast)}
	wall := e.From != "" || e.To != "" || len(e.Days) > 0 || e.QuarterLast+e.QuarterFirst+e.MonthLast > 0
	switch {
	case e.Zone == "" && wall:
		l.bad(path, `which clock is meant? say zone = "Europe/Berlin" or zone = "+01:00"; local times are not taken`)
	case e.Zone != "":
		w.zone = l.zone(path+".zone", e.Zone)
	}
	for _, d := range l.oneOf(path+".days", "day", e.Days, dayNames) {
		if i := slices.Index(dayNames, d); i >= 0 {
			w.days[i], w.someDays = true, true
		}
	}
	if (e.From == "") != (e.To == "") {
		l.bad(path, "from and to go together")
	}
	w.from, w.to = l.minute(path+".from", e.From), l.minute(path+".to", e.To)
	if e.From != "" && e.From == e.To && !l.wrong(path+".from") {
		l.bad(path+".to", "from and to are the same: leave both out for the whole day")
	}
	if e.After != nil {
		w.after = l.instant(path+".after", *e.After)
	}
	if e.Before != nil {
		w.before = l.instant(path+".before", *e.Before)
	}
	switch {
	case e.After != nil && e.Before != nil && !e.After.Before(*e.Before):
		l.bad(path+".before", "this is never: it ends before it begins")
	case !wall && e.After == nil && e.Before == nil && !l.wrong(path):
		l.bad(path, "an empty window: say from and to, days, after or before")
	}
	switch f := e.FiscalYearFrom; {
	case f == 0 && !l.doc.Has(path+".fiscal_year_from"):
	case f < 1 || f > 12:
		l.bad(path+".fiscal_year_from", "a month is from 1 to 12")
	case e.QuarterLast+e.QuarterFirst == 0:
		l.bad(path+".fiscal_year_from", "nothing here is about quarters")
	default:
		w.fiscal = f - 1
	}
	for _, days := range []struct {
		key     string
		n, most int
	}{{"last_days_of_quarter", e.QuarterLast, 92}, {"first_days_of_quarter", e.QuarterFirst, 92}, {"last_days_of_month", e.MonthLast, 31}} {
		if days.n > days.most {
			l.bad(path+"."+days.key, "at most %d days", days.most)
		}
	}
	return w
}

func (l *loader) zone(path, name string) *time.Location {
	if m := offset.FindStringSubmatch(name); m != nil {
		hours, _ := strconv.Atoi(m[1])
		minutes, _ := strconv.Atoi(m[2])
		seconds := hours*3600 + minutes*60
		if strings.HasPrefix(name, "-") {
			seconds = -seconds
		}
		return time.FixedZone(name, seconds)
	}
	zone, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		l.bad(path, `unknown zone %q: zones are "Area/City" of the IANA list, "UTC", or an offset such as "+01:00"`, name)
		return time.UTC
	}
	return zone
}

func (l *loader) minute(path, text string) int {
	m := clock.FindStringSubmatch(text)
	if m == nil {
		if text != "" {
			l.bad(path, "a time of the day is 00:00 to 23:59")
		}
		return 0
	}
	hours, _ := strconv.Atoi(m[1])
	minutes, _ := strconv.Atoi(m[2])
	return hours*60 + minutes
}

// instant refuses a date and time without an offset: it would mean another
// moment on each machine.
func (l *loader) instant(path string, t time.Time) time.Time {
	switch t.Location().String() {
	case "datetime-local", "date-local", "time-local": // as the TOML library names them
		l.bad(path, "a local time means another moment on each machine: write %s", t.Format("2006-01-02T15:04:05Z")+" or an offset such as +01:00 instead of Z")
	}
	return t
}

// expiry reads a moment that must be given.
func (l *loader) expiry(path string, t time.Time, why string) time.Time {
	if !l.doc.Has(path) {
		l.bad(path, "expires is missing: %s", why)
		return t
	}
	return l.instant(path, t)
}

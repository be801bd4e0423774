package content

// A Shape says where the texts of a body stand. Provider rows are made into
// shapes; a walk reads them. The zero value scans every string there is.
// Immutable and safe for concurrent use.
type Shape struct {
	// Format says how the body is read; Auto goes by Content-Type, then by what
	// the body looks like.
	Format Format
	// Select are tried in order; the first whose path matches a value decides.
	// Strings that none names are documents of role Rest, so that a field that
	// the provider adds is inspected on its first day.
	Select []Select
	Rest   Role // "" means RoleMetadata

	paths *paths // made by Compile
}

// Compile reads the paths once, so that a walk costs a table look-up a key.
// Its errors name the path. Call it before the Shape is shared; a Shape that was
// not compiled, or does not compile, is compiled anew by each walk, and one with
// a wrong path is walked as the zero Shape: everything is read.
func (s *Shape) Compile() error {
	p, err := compile(s.Select)
	if err != nil {
		return err
	}
	s.paths = p
	return nil
}

// Format is how a body is read.
type Format uint8

// The formats. Only Auto looks at Content-Type.
const (
	Auto Format = iota
	JSON
	NDJSON    // one JSON value a line
	Multipart // multipart/form-data; the names of parts are keys
	Form      // application/x-www-form-urlencoded
	Text      // the whole body is one document
	Binary    // nothing to read: the gap unknown_format
)

// A Select says what a value is. It holds for everything inside the value that
// no path names: a Read object is a document for each of its strings. Path is a row of steps joined by dots: a key,
// "*" for any key, "[*]" for any element, "**" for any number of steps
// ("messages[*].content[*].text", "**.metadata.*"). Multipart parts and form
// fields are keys at the root.
type Select struct {
	Path string
	Do   Do
	Role Role // of a document
	// RoleFrom is a path from the object that holds the value ("role",
	// "author.role"), with "^" for one object further out ("^.role"); its value,
	// when it is a known role, goes before Role.
	RoleFrom string
	Fact     string // name of the fact when Do is Setting
	Join     string // documents of one body with the same Join are one text
	Delta    bool   // in a stream: a piece of a text that goes on from event to event
}

// Do is what happens with a selected value.
type Do uint8

// The ways to treat a value.
const (
	Read       Do = iota // a document
	Skip                 // an identifier or enum: read all the same when it does not look like one
	Setting              // as Skip, and a fact of the message ("present" for an object or an array)
	Nested               // a string that holds JSON (tool arguments): its strings are documents
	Data                 // a data: URL or base64: decoded and read as a file of its media type
	Picture              // the gap image; a data: URL that holds text is read
	Sound                // the gap audio
	Opaque               // the gap opaque_provider_blob; read when it is not one run of token characters
	Reference            // the gap reference, recorded, and a fact; read when it does not look like an identifier
	Tokens               // token ids as numbers: read by the model's vocabulary, the gap tokens_as_numbers where it is not known; strings are documents
	Credential           // the provider's own credential in its own field: not read when it is one run of token characters
	Strip                // removed from the body before it is sent on, never a document
	Twin                 // tells another value again, piece by piece (token probabilities): not read, and taken out of an event that is edited
)

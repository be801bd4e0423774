package content

func (w *Walk) multipart(src source, boundary string, s slot) bool { return false }

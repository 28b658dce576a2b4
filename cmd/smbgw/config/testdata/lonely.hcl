listen "office" {
  address = "tcp!*!445"
  relay   = "nas"
}

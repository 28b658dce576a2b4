listen "office" {
  address = "tcp!*!445
  relay   = "nas"
}
backend "nas" { address = ["tcp!nas!445"]

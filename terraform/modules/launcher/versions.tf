terraform {
  required_version = ">= 1.11"
  required_providers {
    aws = {
      source = "hashicorp/aws"
      # Nothing newer than 3.39 is used, so that tests can apply it; the root module asks for 6.
      version = ">= 3.39"
    }
  }
}
